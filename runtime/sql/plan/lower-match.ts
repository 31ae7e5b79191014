/** MATCH_RECOGNIZE. Fields of the spec are in specs.md. */
import { unsupported } from '../error.js';
import { byKey, edge, type Lowering, type Made } from './lower.js';
import type { MatchRelation } from './relation.js';

export function lowerMatch(lowering: Lowering, relation: MatchRelation): Made {
  if (lowering.traits.of(relation.input).updating) {
    throw unsupported('MATCH_RECOGNIZE over rows that are updated or deleted', relation.at);
  }
  const input = lowering.lower(relation.input, true);
  const { partitionBy, orderBy, processingTime, pattern, afterMatch, withinMs, defines, measures } = relation;
  const { partitioning, parallelism } = byKey(partitionBy);
  return lowering.add('match', relation, {
    name: `Match(${pattern.map((step) => step.variable).join(' ')})`,
    spec: {
      kind: 'other',
      transform: 'matchRecognize',
      partitionBy,
      orderBy,
      timeColumn: orderBy[0].column,
      processingTime,
      pattern,
      afterMatch,
      ...(withinMs === undefined ? {} : { withinMs }),
      defines,
      measures,
    },
    inputs: [edge(input, partitioning)],
    ...lowering.changes(relation),
    fields: relation.fields,
    parallelism,
  });
}
