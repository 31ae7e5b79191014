/** `tidewheel export flink FILE`: a SQL job as the script that Flink's SQL client runs unchanged. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CommandModule } from 'yargs';
import { type StreamJobSpec, TidewheelError } from '../../api/index.js';
import { type JobDefinition, loadJob } from '../../runtime/job/index.js';
import { SqlError } from '../../runtime/sql/error.js';
import { flinkScript } from '../../runtime/sql/export/flink-script.js';

interface Args {
  file: string;
  output?: string;
}

export const command: CommandModule<object, Args> = {
  command: 'export flink <file>',
  describe: 'Write a SQL job as a script that Flink runs unchanged, with the same result',
  builder: (y) =>
    y
      .positional('flink', { type: 'string', choices: ['flink'], demandOption: true, describe: 'For whom' })
      .positional('file', { type: 'string', demandOption: true, describe: 'Job: .yaml, .json or .sql' })
      .option('output', { alias: 'o', type: 'string', describe: 'File to write; left out: the standard output' })
      .epilogue(
        'Exit codes: 0 done, 3 the job is not valid or Flink has no word for a part of it, 1 a file can’t be read.',
      ) as never,
  handler: async ({ file, output }) => {
    const job = await loadJob(file);
    const { text, notes } = exportFlink(job);
    for (const note of notes) console.error(`note: ${note}`);
    if (output === undefined) process.stdout.write(text);
    else await writeFile(output, text);
  },
};

/** Throws TW2007 with the place for what Flink has no word for. */
export function exportFlink(job: JobDefinition): ReturnType<typeof flinkScript> {
  const { spec } = job;
  if (spec.sql === undefined) {
    throw new TidewheelError('TW2007', `Flink has no word for the body of job '${job.name}'`, {
      where: { file: job.file },
      hint: 'Only jobs with a sql body are exported',
    });
  }
  try {
    return flinkScript(spec.sql, {
      name: job.name,
      exactlyOnce: spec.checkpoint.guarantee === 'exactly-once',
      path: (text) => (/^[a-z0-9]+:/i.test(text) ? text : pathToFileURL(resolve(job.baseDir, text)).href),
      settings: settingsOf(job.name, spec),
    });
  } catch (error) {
    throw error instanceof SqlError ? error.inFile(job.file.endsWith('.sql') ? job.file : `${job.file}, sql`) : error;
  }
}

/** The job's spec by Flink's names; what Flink does by itself is left out, checkpoints are said. */
function settingsOf(name: string, spec: StreamJobSpec): Record<string, string> {
  const { checkpoint } = spec;
  return {
    'pipeline.name': name,
    'execution.runtime-mode': spec.mode,
    'parallelism.default': String(spec.parallelism),
    'pipeline.max-parallelism': String(spec.maxParallelism),
    ...(spec.mode === 'streaming'
      ? {
          'execution.checkpointing.interval': checkpoint.interval,
          'execution.checkpointing.mode': checkpoint.guarantee === 'exactly-once' ? 'EXACTLY_ONCE' : 'AT_LEAST_ONCE',
        }
      : {}),
    'table.local-time-zone': spec.timeZone ?? 'UTC',
    ...(spec.stateTtl === undefined ? {} : { 'table.exec.state.ttl': spec.stateTtl }),
  };
}
