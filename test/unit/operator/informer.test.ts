import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KubeClient } from '../../../operator/kube/client.js';
import { Informer } from '../../../operator/kube/informer.js';
import { type KubeObject, PODS } from '../../../operator/kube/objects.js';
import { TestApiServer } from '../../harness/cluster/api-server.js';

let api: TestApiServer;
let informer: Informer<KubeObject>;
let changed: string[];
let wake: () => void;

beforeEach(async () => {
  api = new TestApiServer();
  await api.start();
  changed = [];
  wake = () => {};
  informer = new Informer<KubeObject>(new KubeClient(api.connection), {
    type: PODS,
    namespace: undefined,
    labelSelector: 'app=x',
    onChange: (o) => {
      changed.push(o.metadata.name);
      wake();
    },
    onError: () => {},
  });
});

afterEach(async () => {
  await informer.stop();
  api.stop();
});

const pod = (name: string, labels: Record<string, string> = { app: 'x' }): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => (wake = resolve));
}

test('the cache holds what is there and follows what changes', async () => {
  api.put(pod('a'));
  api.put(pod('other', { app: 'y' }));
  await informer.start();
  expect([...informer.all].map((p) => p.metadata.name)).toEqual(['a']);
  api.put(pod('b'));
  await until(() => informer.get('default/b') !== undefined);
  api.delete('pods', 'a');
  await until(() => informer.get('default/a') === undefined);
});

test('after a lost watch it goes on from its position', async () => {
  await informer.start();
  api.put(pod('a'));
  await until(() => informer.size === 1);
  api.dropWatches();
  api.put(pod('b'));
  await until(() => informer.size === 2);
  expect(informer.lists).toBe(1);
});

test('when its position is too old it lists again, and notices what was deleted meanwhile', async () => {
  api.put(pod('a'));
  await informer.start();
  api.oldest = Number.MAX_SAFE_INTEGER;
  api.dropWatches();
  api.delete('pods', 'a');
  api.put(pod('b'));
  await until(() => informer.get('default/b') !== undefined && informer.get('default/a') === undefined);
  expect(informer.lists).toBeGreaterThan(1);
  api.oldest = 0;
  expect(changed).toContain('a');
});
