/** The operator as a process against an API server in memory, without pods: what it watches, when it says that it is ready. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../operator/kube/objects.js';
import { type OperatorOptions, type RunningOperator, runOperator } from '../../../operator/run.js';
import { TestApiServer } from '../../harness/cluster/api-server.js';

let api: TestApiServer;
let operators: RunningOperator[];

beforeEach(async () => {
  api = new TestApiServer();
  await api.start();
  operators = [];
});

afterEach(async () => {
  for (const operator of operators) await operator.stop();
  api.stop();
});

async function start(options: Partial<OperatorOptions> = {}): Promise<RunningOperator> {
  const operator = await runOperator({
    log: { trace() {}, debug() {}, info() {}, warn() {}, error() {} } as never,
    connection: api.connection,
    settings: { image: 'tidewheel' },
    namespaces: [],
    identity: 'a',
    port: 0,
    host: '127.0.0.1',
    workers: 4,
    outside: true,
    onLost: () => {},
    ...options,
  });
  operators.push(operator);
  return operator;
}

const job = (namespace: string): KubeObject => ({
  apiVersion: 'tidewheel.dev/v1alpha1',
  kind: 'StreamJob',
  metadata: { name: 'ids', namespace },
  spec: {
    upgradeMode: 'stateless',
    sql: `CREATE TABLE a (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1');
      CREATE TABLE b (id BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO b SELECT id FROM a;`,
  },
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function ask(operator: RunningOperator, path: string): Promise<[number, string]> {
  const answer = await fetch(`http://127.0.0.1:${operator.port}${path}`);
  return [answer.status, (await answer.text()).trim()];
}
const isReady = async (operator: RunningOperator) => (await ask(operator, '/readyz'))[0] === 200;

test('with namespaces named it serves these, and asks for nothing outside them', async () => {
  api.forbids = (_, __, namespace) => namespace !== 'team-a' && namespace !== 'team-b';
  for (const namespace of ['team-a', 'team-b', 'other']) api.put(job(namespace));
  await start({ namespaces: ['team-a', 'team-b'] });
  const deployed = () => api.all('deployments').map((d) => d.metadata.namespace);
  await until(() => deployed().length === 2);
  api.put({ ...job('team-b'), metadata: { name: 'second', namespace: 'team-b' } });
  await until(() => deployed().length === 3);
  expect(deployed().sort()).toEqual(['team-a', 'team-b', 'team-b']);
  expect(api.forbidden).toEqual([]);
  expect(api.get('streamjobs', 'ids', 'other').status).toBeUndefined();
});

test('it is alive at once, and ready when its caches are filled', async () => {
  api.forbids = (_, plural) => plural === 'pods';
  const operator = await start();
  expect(await ask(operator, '/healthz')).toEqual([200, 'ok']);
  await until(async () => (await ask(operator, '/readyz'))[1] === '2 of 8 caches are not filled yet');
  expect((await ask(operator, '/readyz'))[0]).toBe(503);
  api.forbids = () => false;
  await until(() => isReady(operator));
});

test('it is not ready before it is known who leads; a stand-by is, and leads when the first one goes', async () => {
  api.forbids = (_, plural) => plural === 'leases';
  const lease = { namespace: 'default', name: 'tidewheel-operator' };
  const first = await start({ lease });
  await until(async () => (await ask(first, '/readyz'))[1] === 'nobody leads yet');
  api.forbids = () => false;
  await until(() => isReady(first));
  const second = await start({ lease, identity: 'b' });
  await until(() => isReady(second));
  expect(api.get('leases', lease.name).spec.holderIdentity).toBe('a');
  await first.stop();
  api.put(job('default'));
  await until(() => api.all('deployments').length === 1);
  expect(api.get('leases', lease.name).spec.holderIdentity).toBe('b');
});
