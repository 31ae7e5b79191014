/**
 * Rewrites of a query's relations that keep its rows: conditions go down (push-filter.ts), columns nobody needs are left out
 * (prune.ts), nor fields of ROWs below an aggregate (fields-below.ts). Constants were computed when expressions were bound, calcs merge whenever one is made (plan/build.ts).
 */
import { calc, filter, origin } from '../plan/build.js';
import type { Relation } from '../plan/relation.js';
import { fieldsBelow } from './fields-below.js';
import { prune } from './prune.js';
import { pushFilter, pushJoinCondition } from './push-filter.js';

export function optimise(relation: Relation): Relation {
  const pushed = pushAll(relation);
  return prune(pushed, new Set(pushed.fields.map((f) => f.name)));
}

/** Conditions that came to stand above other steps once these had moved, and those of joins. */
function pushAll(relation: Relation): Relation {
  switch (relation.kind) {
    case 'scan':
    case 'values':
      return relation;
    case 'union':
      return { ...relation, inputs: relation.inputs.map(pushAll) };
    case 'join': {
      return pushJoinCondition({ ...relation, left: pushAll(relation.left), right: pushAll(relation.right) });
    }
    case 'calc': {
      const input = pushAll(relation.input);
      if (!relation.filter) return calc(input, undefined, relation.project, origin(relation));
      const pushed = pushFilter(input, relation.filter);
      return relation.project ? calc(pushed, undefined, relation.project, origin(relation)) : filter(pushed, undefined);
    }
    case 'aggregate':
      return fieldsBelow({ ...relation, input: pushAll(relation.input) });
    default:
      return { ...relation, input: pushAll(relation.input) };
  }
}
