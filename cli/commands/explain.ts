/** `tidewheel explain FILE`: what a job compiles to, and what becomes of its state when it replaces another version. */
import type { CommandModule } from 'yargs';
import { formatError } from '../../api/index.js';
import { type ExplainFormat, explain, explainPlan } from '../../runtime/graph/explain.js';
import { comparePlans, type NodeVerdict } from '../../runtime/graph/verdict.js';
import { loadJob } from '../../runtime/job/index.js';

interface Args {
  file: string;
  format: ExplainFormat;
  json: boolean;
  parallelism?: number;
  against?: string;
}

export const command: CommandModule<object, Args> = {
  command: 'explain <file>',
  describe: 'Print the plan of a job: steps, chains, parallelism, partitioning',
  builder: (y) =>
    y
      .positional('file', { type: 'string', demandOption: true, describe: 'Job: .yaml, .json or .sql' })
      .option('format', {
        type: 'string',
        choices: ['text', 'json', 'mermaid'],
        default: 'text',
        describe: 'text for the terminal, json for scripts, mermaid for Markdown',
      })
      .option('json', { type: 'boolean', default: false, describe: 'The same as --format json' })
      .option('parallelism', { alias: 'p', type: 'number', describe: 'In place of that of the job file' })
      .option('against', { type: 'string', describe: 'The version that runs now: also says what becomes of its state' })
      .epilogue('Exit codes: 0 done, 3 a file is not valid, 1 a file can’t be read.') as never,
  handler: async ({ file, format, json, parallelism, against }) => {
    const job = await loadJob(file, { overrides: parallelism === undefined ? {} : { parallelism } });
    for (const warning of job.warnings) console.error(`warning: ${formatError(warning)}`);
    const verdicts = against === undefined ? undefined : comparePlans((await loadJob(against)).plan, job.plan);
    if (json || format === 'json') {
      const state = verdicts === undefined ? {} : { state: verdicts };
      console.log(
        JSON.stringify({ job: job.name, ...explain(job.plan, job.spec.parallelism), ...state }, undefined, 2),
      );
      return;
    }
    process.stdout.write(explainPlan(job.plan, job.spec.parallelism, format));
    // Mermaid takes no other lines: there they go beside it.
    if (verdicts !== undefined) (format === 'text' ? console.log : console.error)(showVerdicts(verdicts));
  },
};

function showVerdicts(verdicts: readonly NodeVerdict[]): string {
  if (verdicts.length === 0) return '\nState: neither version keeps any';
  return ['\nState:', ...verdicts.map((v) => `  ${v.verdict}: ${v.name} [${v.nodeId}]: ${v.why}`)].join('\n');
}
