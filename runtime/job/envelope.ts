/** What all resources have alike: the fields around the spec, and a spec that fits its schema. */
import { API_GROUP, API_GROUP_VERSION, nearestName, type ResourceKind, validate } from '../../api/index.js';
import type { ProblemList } from './invalid-job.js';

const TOP_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const SPEC_HINTS: Readonly<Record<ResourceKind['kind'], string>> = {
  StreamJob: 'What the job does: spec: { sql: … } or spec: { graph: … }',
  ModelDeployment: 'Which model is served: spec: { model: … }',
  StreamSnapshot: 'Of which job: spec: { job: … }',
};

/** apiVersion, metadata and the fields of the top; throws at once where there is no spec to look at. */
export function checkEnvelope(kind: ResourceKind, resource: any, problems: ProblemList): void {
  for (const field of Object.keys(resource)) {
    if (TOP_FIELDS.includes(field)) continue;
    const inSpec = Object.hasOwn(kind.spec.node.properties!, field);
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
    problems.add('TW1005', ['metadata'], "missing field 'metadata.name'", { hint: `The name of the ${kind.kind}` });
  } else if (!NAME.test(name)) {
    problems.add(
      'TW1004',
      ['metadata', 'name'],
      `'metadata.name' must be up to 63 lower-case letters, digits and -, not '${name}'`,
    );
  }
  if (typeof resource.spec !== 'object' || resource.spec === null || Array.isArray(resource.spec)) {
    problems.add('TW1005', ['spec'], "missing field 'spec'", {
      hint: SPEC_HINTS[kind.kind],
    });
    problems.throwIfAny();
  }
}

export function checkSpec(kind: ResourceKind, spec: unknown, problems: ProblemList): void {
  for (const problem of validate(kind.spec.node, spec, ['spec'])) {
    problems.add(problem.code, problem.path, problem.message.replaceAll("'spec.", "'"), {
      hint: problem.hint,
      atKey: problem.atKey,
    });
  }
}
