/** Plans cut into stages: every task gets rows and barriers from somewhere. */
import { expect, test } from '@jest/globals';
import { channelTargets, planStages } from '../../../runtime/graph/stages.js';
import { caseFiles, compileCase, readCases } from '../transform/case.js';

test.each(caseFiles())('no task of the plans of %s is without an input, at any parallelism', (name) => {
  const file = readCases(name);
  for (const query of file.queries.filter((q) => q.expected && !q.refused && !q.differs)) {
    const plan = compileCase(file, query);
    for (const parallelism of [1, 2, 5]) {
      const { stages } = planStages(plan, parallelism);
      for (const stage of stages) {
        if (stage.nodes[0].spec.kind === 'source') continue;
        const reached = new Set(
          stage.inputs.flatMap((exchange) => {
            const width = stages[exchange.fromStage].parallelism;
            return Array.from({ length: width }, (_, from) =>
              channelTargets(exchange, from, width, stage.parallelism),
            ).flat();
          }),
        );
        // A barrier comes only through an input: a task without one holds up every checkpoint.
        expect([query.name, stage.nodes[0].name, reached.size]).toEqual([
          query.name,
          stage.nodes[0].name,
          stage.parallelism,
        ]);
      }
    }
  }
});
