/** A resource, as read from a file or got from the API server → JobDefinition. */
import { fillDefaults, type Path, STREAM_JOB, type StreamJobSpec, streamJobSpec } from '../../api/index.js';
import { endlessTraining } from '../graph/batch-training.js';
import type { Plan } from '../graph/plan.js';
import { shippedCatalog } from './catalog.js';
import { checkEnvelope, checkSpec } from './envelope.js';
import { planGraph } from './graph-plan.js';
import { ProblemList } from './invalid-job.js';
import type { JobCatalog, JobDefinition, LoadOptions } from './job-definition.js';
import type { Places } from './places.js';
import { planSqlBody } from './sql-body.js';

export interface DefineOptions extends LoadOptions {
  /** The SQL body is a file of its own: its SET statements have become fields of the spec. */
  readonly bareScript?: boolean;
}

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
  checkEnvelope(STREAM_JOB, resource, problems);
  const { stateBackend, ...overrides } = definedOnly(options.overrides);
  const written = { ...resource.spec, ...overrides };
  if (stateBackend) written.stateBackend = { ...written.stateBackend, ...stateBackend };
  checkSpec(STREAM_JOB, written, problems);
  problems.throwIfAny();
  const spec: StreamJobSpec = fillDefaults(streamJobSpec.node, written);
  const plan = await planBody(spec, ['spec'], catalog, problems, options.bareScript ?? false);
  for (const { step, source } of endlessTraining(plan)) {
    const index = spec.graph?.nodes.findIndex((node) => node.name === step.id) ?? -1;
    const path = index < 0 ? ['spec', 'sql'] : ['spec', 'graph', 'nodes', index];
    problems.add('TW1105', path, `'${step.name}' trains at the end of its input, and '${source.name}' has no end`, {
      hint: 'Bound the source by an option of its connector, or leave fit out to learn row by row',
    });
  }
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

function definedOnly(overrides: LoadOptions['overrides']): NonNullable<LoadOptions['overrides']> {
  return Object.fromEntries(Object.entries(overrides ?? {}).filter(([, value]) => value !== undefined));
}
