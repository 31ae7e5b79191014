/** A resource, as read from a file or got from the API server → JobDefinition. */
import {
  API_GROUP,
  API_GROUP_VERSION,
  fillDefaults,
  nearestName,
  type Path,
  type StreamJobSpec,
  streamJobSpec,
  validate,
} from '../../api/index.js';
import type { Plan } from '../graph/plan.js';
import { shippedCatalog } from './catalog.js';
import { planGraph } from './graph-plan.js';
import { ProblemList } from './invalid-job.js';
import type { JobCatalog, JobDefinition, LoadOptions } from './job-definition.js';
import type { Places } from './places.js';
import { planSqlBody } from './sql-body.js';

export interface DefineOptions extends LoadOptions {
  /** The SQL body is a file of its own: its SET statements have become fields of the spec. */
  readonly bareScript?: boolean;
}

const TOP_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Checks a StreamJob and compiles its body. Throws an InvalidJobError with all problems that can be told together.
 */
export async function defineJob(
  resource: any,
  places: Places,
  baseDir: string,
  options: DefineOptions = {},
): Promise<JobDefinition> {
  const catalog = options.catalog ?? shippedCatalog;
  const problems = new ProblemList(places);
  checkEnvelope(resource, problems);
  const { stateBackend, ...overrides } = definedOnly(options.overrides);
  const written = { ...resource.spec, ...overrides };
  if (stateBackend) written.stateBackend = { ...written.stateBackend, ...stateBackend };
  for (const problem of validate(streamJobSpec.node, written, ['spec'])) {
    problems.add(problem.code, problem.path, problem.message.replaceAll("'spec.", "'"), {
      hint: problem.hint,
      atKey: problem.atKey,
    });
  }
  problems.throwIfAny();
  const spec: StreamJobSpec = fillDefaults(streamJobSpec.node, written);
  const plan = await planBody(spec, ['spec'], catalog, problems, options.bareScript ?? false);
  problems.throwIfAny();
  return {
    name: resource.metadata.name,
    ...(resource.metadata.namespace ? { namespace: resource.metadata.namespace } : {}),
    file: places.file,
    baseDir,
    spec,
    plan,
    warnings: problems.warnings,
  };
}

async function planBody(
  spec: StreamJobSpec,
  path: Path,
  catalog: JobCatalog,
  problems: ProblemList,
  bareScript: boolean,
): Promise<Plan> {
  if (spec.graph) return planGraph(spec.graph, spec, [...path, 'graph'], catalog, problems);
  if (spec.sql !== undefined) return planSqlBody(spec.sql, spec, [...path, 'sql'], catalog, problems, bareScript);
  problems.add('TW1009', [...path, 'program'], 'program bodies can’t be run yet', {
    atKey: true,
    hint: 'Use sql or graph',
  });
  return { version: 1, nodes: [] };
}

function checkEnvelope(resource: any, problems: ProblemList): void {
  for (const field of Object.keys(resource)) {
    if (TOP_FIELDS.includes(field)) continue;
    const inSpec = Object.hasOwn(streamJobSpec.node.properties!, field);
    const near = nearestName(field, TOP_FIELDS);
    problems.add('TW1003', [field], `unknown field '${field}'`, {
      atKey: true,
      hint: inSpec
        ? `'${field}' belongs under spec`
        : near
          ? `Did you mean '${near}'?`
          : `Known fields: ${TOP_FIELDS.join(', ')}`,
    });
  }
  if (resource.apiVersion !== API_GROUP_VERSION) {
    problems.add('TW1004', ['apiVersion'], `'apiVersion' must be ${API_GROUP_VERSION}, not '${resource.apiVersion}'`, {
      ...(String(resource.apiVersion).startsWith(`${API_GROUP}/`)
        ? { hint: 'This version of Tidewheel knows only that one' }
        : {}),
    });
  }
  const name = resource.metadata?.name;
  if (typeof name !== 'string') {
    problems.add('TW1005', ['metadata'], "missing field 'metadata.name'", { hint: 'The name of the job' });
  } else if (!NAME.test(name)) {
    problems.add(
      'TW1004',
      ['metadata', 'name'],
      `'metadata.name' must be up to 63 lower-case letters, digits and -, not '${name}'`,
    );
  }
  if (typeof resource.spec !== 'object' || resource.spec === null || Array.isArray(resource.spec)) {
    problems.add('TW1005', ['spec'], "missing field 'spec'", {
      hint: 'What the job does: spec: { sql: … } or spec: { graph: … }',
    });
    problems.throwIfAny();
  }
}

function definedOnly(overrides: LoadOptions['overrides']): NonNullable<LoadOptions['overrides']> {
  return Object.fromEntries(Object.entries(overrides ?? {}).filter(([, value]) => value !== undefined));
}
