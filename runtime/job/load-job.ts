import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import {
  API_GROUP_VERSION,
  type ErrorMessage,
  isErrorMessage,
  nearestName,
  RESOURCE_KINDS,
  type ResourceKind,
  STREAM_JOB,
  TidewheelError,
} from '../../api/index.js';
import { defineJob } from './define-job.js';
import { checkEnvelope, checkSpec } from './envelope.js';
import { InvalidJobError, ProblemList } from './invalid-job.js';
import type { JobDefinition, LoadOptions } from './job-definition.js';
import { lineAndColumn, type Places } from './places.js';
import type { ScriptSettings } from './sql-settings.js';

const YAML = new Set(['.yaml', '.yml', '.json']);

/**
 * Reads, checks and plans a job file: .yaml, .yml and .json hold one StreamJob (other documents may stand beside it), .sql holds
 * a bare script. Throws an InvalidJobError with all problems, each with its place; or a TidewheelError TW1001, TW1007, TW1008.
 */
export async function loadJob(path: string, options: LoadOptions = {}): Promise<JobDefinition> {
  const extension = extname(path).toLowerCase();
  const baseDir = dirname(resolve(path));
  switch (extension) {
    case '.yaml':
    case '.yml':
    case '.json': {
      const text = await readText(path);
      const { readYaml } = await import('./yaml-file.js');
      const { value, places } = onlyJob(path, readYaml(path, text));
      return defineJob(value, places, baseDir, options);
    }
    case '.sql': {
      const sql = await readText(path);
      const name = jobName(path);
      const { scriptSettings } = await import('./sql-settings.js');
      const settings = scriptSettings(sql);
      const spec = { ...settings.spec, sql };
      const resource = { apiVersion: API_GROUP_VERSION, kind: 'StreamJob', metadata: { name }, spec };
      return defineJob(resource, placesOfScript(path, sql, settings.places), baseDir, { ...options, bareScript: true });
    }
    default:
      throw new TidewheelError('TW1008', `'${path}' is not a job file`, {
        where: { file: path },
        hint: 'Job files end in .yaml, .yml, .json or .sql',
      });
  }
}

/** One resource of a file that was checked. */
export interface CheckedResource {
  readonly kind: ResourceKind['kind'];
  readonly name: string;
  /** What a StreamJob does. */
  readonly job?: JobDefinition;
}

/**
 * Checks all resources of a file that are Tidewheel's; others may stand beside them. Jobs are planned too. Throws as `loadJob` does, with
 * the problems of all resources.
 */
export async function checkFile(path: string): Promise<CheckedResource[]> {
  if (!YAML.has(extname(path).toLowerCase())) {
    const job = await loadJob(path);
    return [{ kind: 'StreamJob', name: job.name, job }];
  }
  const text = await readText(path);
  const { readYaml } = await import('./yaml-file.js');
  const documents = readYaml(path, text);
  const others = documents.flatMap(({ value, places }) => {
    const kind = RESOURCE_KINDS.find((k) => k.kind === value?.kind && k !== STREAM_JOB);
    return kind ? [{ kind, value, places }] : [];
  });
  const checked: CheckedResource[] = [];
  const problems: ErrorMessage[] = [];
  const attempt = async (work: () => Promise<CheckedResource>) => {
    try {
      checked.push(await work());
    } catch (error) {
      if (!isErrorMessage(error)) throw error;
      problems.push(...(error instanceof InvalidJobError ? error.problems : [error]));
    }
  };
  // With no resource at all the job is what is missing.
  if (others.length === 0 || documents.some(({ value }) => value?.kind === STREAM_JOB.kind)) {
    await attempt(async () => {
      const { value, places } = onlyJob(path, documents);
      const job = await defineJob(value, places, dirname(resolve(path)), {});
      return { kind: 'StreamJob', name: job.name, job };
    });
  }
  for (const { kind, value, places } of others) {
    await attempt(async () => {
      const found = new ProblemList(places);
      checkEnvelope(kind, value, found);
      checkSpec(kind, value.spec, found);
      found.throwIfAny();
      return { kind: kind.kind, name: value.metadata.name };
    });
  }
  if (problems.length > 0) throw new InvalidJobError(path, problems);
  return checked;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT'
        ? 'no such file'
        : code === 'EISDIR'
          ? 'a folder, not a file'
          : code === 'EACCES'
            ? 'no permission'
            : (cause as Error).message;
    throw new TidewheelError('TW1001', `can't read '${path}': ${why}`, { where: { file: path }, cause });
  }
}

function onlyJob<T extends { value: any; places: Places }>(path: string, documents: readonly T[]): T {
  const jobs = documents.filter(({ value }) => value?.kind === 'StreamJob');
  if (jobs.length === 1) return jobs[0];
  if (jobs.length > 1) {
    throw new TidewheelError('TW1007', `${jobs.length} StreamJobs in one file`, {
      where: jobs[1].places.of([]),
      hint: 'Put each job into its own file',
    });
  }
  if (documents.length === 1) {
    const { value, places } = documents[0];
    const seen = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
    const near =
      typeof seen === 'string'
        ? nearestName(
            seen,
            RESOURCE_KINDS.map((k) => k.kind),
          )
        : undefined;
    throw new TidewheelError('TW1007', seen === undefined ? 'not a StreamJob' : `kind '${seen}' is not a StreamJob`, {
      where: places.of(['kind']),
      hint: near ? `Did you mean '${near}'?` : `A job begins with apiVersion: ${API_GROUP_VERSION} and kind: StreamJob`,
    });
  }
  throw new TidewheelError('TW1007', documents.length === 0 ? 'the file is empty' : 'no StreamJob in the file', {
    where: { file: path, line: 1, column: 1 },
    hint: `A job begins with apiVersion: ${API_GROUP_VERSION} and kind: StreamJob`,
  });
}

/** `Card Alerts.sql` → `card-alerts`. */
function jobName(path: string): string {
  const name = basename(path, extname(path))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63);
  return name || 'job';
}

/** A bare script: fields stand where they are SET. */
function placesOfScript(file: string, text: string, settings: ScriptSettings['places']): Places {
  return {
    file,
    of: (path) => ({ file, ...(settings.get(path.slice(1).join('.')) ?? { line: 1, column: 1 }) }),
    inside: (_path, index) => ({ file, ...lineAndColumn(text, index) }),
  };
}
