import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { ALL_TYPES } from '../../../operator/kube/objects.js';
import { operatorMetrics } from '../../../operator/metrics.js';
import { loadJob } from '../../../runtime/job/index.js';

const CHART = join(process.cwd(), 'charts/tidewheel');
const read = (path: string) => readFileSync(join(CHART, path), 'utf8');
const values = parse(read('values.yaml'));
const schema = JSON.parse(read('values.schema.json'));
const accepts = new Ajv({ strict: false }).compile(schema);

const templates = readdirSync(join(CHART, 'templates'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(yaml|tpl|txt)$/.test(name))
  .map((name) => [name, read(`templates/${name}`)] as const);

function at(tree: any, path: readonly string[]): unknown {
  return path.reduce((node, name) => node?.[name], tree);
}

const inSchema = (path: readonly string[]) => path.flatMap((name) => ['properties', name]);

/** Paths of all values that the chart knows. Maps that users fill (labels, resources …) end a path. */
function* leaves(tree: Record<string, any>, path: readonly string[] = []): Generator<readonly string[]> {
  for (const [name, child] of Object.entries(tree)) {
    const here = [...path, name];
    if (at(schema, [...inSchema(here), 'properties']) !== undefined) yield* leaves(child, here);
    else yield here;
  }
}

describe('values of the chart', () => {
  test('the defaults are what the schema accepts', () => {
    expect({ ok: accepts(values), errors: accepts.errors }).toEqual({ ok: true, errors: null });
  });

  test.each([
    ['a misspelt name', { replcas: 2 }],
    ['a misspelt name further down', { watch: { namespace: ['a'] } }],
    ['no replica', { replicas: 0 }],
    ['two operators of which none leads', { replicas: 2, leaderElection: false }],
    ['a name that no object can have', { nameOverride: 'Hello_World' }],
    ['a namespace that can’t be one', { watch: { namespaces: ['Team_A'] } }],
    ['a level that is not known', { logLevel: 'loud' }],
    ['a digest without its algorithm', { image: { repository: 'x', digest: 'abc' } }],
    ['no service account at all', { serviceAccount: { create: false, name: '' } }],
    ['a store with a short password', { minio: { secretKey: 'short' } }],
  ])('%s is refused', (_, wrong) => {
    expect(accepts({ ...values, ...wrong })).toBe(false);
  });

  test('each value that a template reads has a default', () => {
    const missing = templates.flatMap(([name, text]) =>
      [...text.matchAll(/\.Values\.([A-Za-z.]+)/g)]
        .filter(([, path]) => at(values, path.split('.')) === undefined)
        .map(([path]) => `${name}: ${path}`),
    );
    expect(missing).toEqual([]);
  });

  test('each value is in the schema and is read by a template', () => {
    const text = templates.map(([, t]) => t).join('\n');
    for (const path of leaves(values)) {
      expect([
        path.join('.'),
        at(
          schema,
          path.flatMap((p) => ['properties', p]),
        ),
      ]).toEqual([path.join('.'), expect.anything()]);
      // Within `with .Values.monitoring` the rest of the path stands alone.
      const read = [path.join('.'), path.slice(1).join('.')].some((p) => p !== '' && text.includes(`.${p}`));
      expect([path.join('.'), read]).toEqual([path.join('.'), true]);
    }
  });
});

test('chart, package and image have one version', () => {
  const chart = parse(read('Chart.yaml'));
  const { version } = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8'));
  expect([chart.version, chart.appVersion]).toEqual([version, version]);
});

test('each metric of the dashboard is one that a coordinator has', () => {
  const known = readdirSync('runtime', { recursive: true, encoding: 'utf8' })
    .filter((name) => /(metrics|prometheus)\.ts$/.test(name))
    .map((name) => readFileSync(join('runtime', name), 'utf8'))
    .join('');
  const dashboard = JSON.parse(read('files/dashboards/tidewheel.json'));
  const used = new Set(JSON.stringify(dashboard.panels).match(/tidewheel_\w+/g));
  expect(used.size).toBeGreaterThan(5);
  for (const name of used) expect([name, known.includes(`'${name}'`)]).toEqual([name, true]);
});

test('each metric of the operator’s dashboard is one that the operator has', async () => {
  const none = () => 0;
  const { registry } = operatorMetrics({
    queueDepth: none,
    working: none,
    isLeader: () => true,
    phases: () => new Map(),
  });
  const known = new Set((await registry.getMetricsAsJSON()).map((m) => m.name));
  const dashboard = JSON.parse(read('files/dashboards/tidewheel-operator.json'));
  const used = new Set(JSON.stringify(dashboard.panels).match(/tidewheel_\w+/g));
  expect(used.size).toBeGreaterThan(5);
  for (const name of used) expect([name, known.has(name.replace(/_bucket$/, ''))]).toEqual([name, true]);
});

describe('rights', () => {
  test.each(ALL_TYPES.filter((type) => type.kind !== 'Lease').map((type) => [type.kind, type] as const))(
    'the operator may apply or look at every %s it has to do with',
    (_, { group, plural }) => {
      const verbs = rules
        .filter((r) => r.apiGroups.includes(group) && r.resources.includes(plural))
        .flatMap((r) => r.verbs);
      expect(verbs).toEqual(expect.arrayContaining(plural === 'pods' ? ['list', 'watch'] : ['patch']));
    },
  );

  const rules = parse(
    read('templates/_rules.tpl')
      .replaceAll(/\{\{\/\*[\s\S]*?\*\/\}\}/g, '')
      .replaceAll(/\{\{.*?\}\}/g, ''),
  ) as { apiGroups: string[]; resources: string[]; verbs: string[] }[];

  test('nothing is granted by wildcard', () => {
    for (const rule of rules) expect([...rule.apiGroups, ...rule.resources, ...rule.verbs]).not.toContain('*');
  });

  test('the operator can neither enter pods nor give away rights', () => {
    const granted = rules.flatMap((rule) => rule.resources);
    for (const resource of ['pods/exec', 'pods/attach', 'pods/portforward', 'roles', 'rolebindings', 'nodes']) {
      expect(granted).not.toContain(resource);
    }
    const verbs = (resource: string) => rules.filter((r) => r.resources.includes(resource)).flatMap((r) => r.verbs);
    expect(verbs('pods')).not.toContain('create');
    expect(verbs('secrets')).not.toContain('list');
  });
});

test('the job of the first look is a valid one that needs no store, broker or secret', async () => {
  const job = await loadJob(join(process.cwd(), 'examples/kubernetes/quickstart.yaml'), {});
  expect(job.name).toBe('quickstart');
  expect(job.spec.storage).toBeUndefined();
});
