/** `tidewheel validate FILE…`: reads, checks and plans, and says everything that is wrong. */
import type { CommandModule } from 'yargs';
import { type ErrorMessage, formatError, isErrorMessage, TidewheelError, toErrorMessage } from '../../api/index.js';
import { scheduleProblem } from '../../operator/reconcile/savepoint-schedule.js';
import { type CheckedResource, checkFile } from '../../runtime/job/index.js';
import { EXIT_OK } from '../exit-codes.js';
import { exitCodeOf } from '../failure.js';

interface Args {
  file: string[];
  json: boolean;
}

/** What `--json` prints for each file. */
export interface Verdict {
  readonly file: string;
  readonly valid: boolean;
  /** Of the job, where there is one and it could be read. */
  readonly name?: string;
  readonly steps?: number;
  readonly resources: readonly { readonly kind: string; readonly name: string; readonly steps?: number }[];
  readonly problems: readonly ErrorMessage[];
  readonly warnings: readonly ErrorMessage[];
}

export const command: CommandModule<object, Args> = {
  command: 'validate <file..>',
  describe: 'Check files of jobs and models without running them',
  builder: (y) =>
    y
      .positional('file', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Resources: .yaml or .json; jobs: .sql too',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print a JSON object' })
      .epilogue('Exit codes: 0 all valid, 3 a file is not valid, 1 a file can’t be read.') as never,
  handler: async (args) => {
    const verdicts: Verdict[] = [];
    for (const file of args.file) verdicts.push(await check(file));
    if (args.json)
      console.log(JSON.stringify({ valid: verdicts.every((v) => v.valid), files: verdicts }, undefined, 2));
    else for (const verdict of verdicts) print(verdict);
    const codes = verdicts.map((v) => (v.valid ? EXIT_OK : exitCodeOf(v.problems[0].code)));
    process.exitCode = Math.max(EXIT_OK, ...codes);
  },
};

async function check(file: string): Promise<Verdict> {
  try {
    const checked = await checkFile(file);
    const job = checked.find((c) => c.job)?.job;
    const schedule = scheduleProblem(job?.spec.savepoint.schedule);
    if (schedule !== undefined) throw new TidewheelError('TW1004', schedule, { where: { file } });
    return {
      file,
      valid: true,
      ...(job ? { name: job.name, steps: job.plan.nodes.length } : {}),
      resources: checked.map(shown),
      problems: [],
      warnings: job?.warnings ?? [],
    };
  } catch (error) {
    if (!isErrorMessage(error)) throw error;
    const problems = 'problems' in error ? (error.problems as ErrorMessage[]) : [error];
    return { file, valid: false, resources: [], problems: problems.map(withoutStack), warnings: [] };
  }
}

function shown({ kind, name, job }: CheckedResource): Verdict['resources'][number] {
  return { kind, name, ...(job ? { steps: job.plan.nodes.length } : {}) };
}

function withoutStack(problem: ErrorMessage): ErrorMessage {
  const { stack: _, cause: __, ...rest } = toErrorMessage(problem);
  return rest;
}

function print(verdict: Verdict): void {
  for (const problem of verdict.problems) console.error(formatError(problem));
  for (const warning of verdict.warnings) console.error(`warning: ${formatError(warning)}`);
  for (const { kind, name, steps } of verdict.resources) {
    const what = kind === 'StreamJob' ? `job '${name}' is valid (${steps} steps)` : `${kind} '${name}' is valid`;
    console.log(`${verdict.file}: ${what}`);
  }
}
