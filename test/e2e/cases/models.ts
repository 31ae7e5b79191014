/** Models: versions served behind routers, one taking over from another while clients ask, one that is refused. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRegistry, type ModelRegistry } from '../../../runtime/model/index.js';
import { openStore } from '../../../runtime/snapshot/open-store.js';
import { minioClient } from '../../harness/index.js';
import { type E2eCluster, eventually } from '../../harness/kind/index.js';
import { answersOf, filesOf } from '../../unit/model/stored-models.js';
import { timed } from '../setup/timings.js';

const NAMESPACE = 'models';
const NAME = 'iris';
const PREFIX = 'registry';
const question = answersOf('onnx-random-forest').inputs.X;
const REQUEST = JSON.stringify({ inputs: [{ name: 'X', ...question }] });

export function models(cluster: () => E2eCluster): void {
  describe('models', () => {
    let registry: ModelRegistry;

    const status = async (): Promise<any> => (await cluster().get(NAMESPACE, 'modeldeployment', NAME)).status ?? {};
    const apply = (spec: object) => {
      const { endpoint, bucket } = cluster().minio;
      const s3 = { endpoint, bucket, prefix: PREFIX, secretRef: 'minio-credentials' };
      return cluster().apply(NAMESPACE, {
        apiVersion: 'tidewheel.dev/v1alpha1',
        kind: 'ModelDeployment',
        metadata: { name: NAME },
        spec: { model: NAME, storage: { s3 }, ...spec },
      });
    };
    /** Through the Service; throws when the answer is no 200. */
    const infer = async (): Promise<any> => {
      const path = `/api/v1/namespaces/${NAMESPACE}/services/${NAME}:http/proxy/v2/models/${NAME}/infer`;
      return JSON.parse(await cluster().kind.kubectl(['create', '--raw', path, '-f', '-'], { input: REQUEST }));
    };

    beforeAll(async () => {
      await cluster().createNamespace(NAMESPACE);
      const { endpoint, bucket, accessKey, secretKey } = cluster().minio;
      const store = await openStore({ kind: 's3', endpoint, bucket, prefix: PREFIX, accessKey, secretKey } as never);
      registry = createRegistry(store);
      for (const model of ['onnx-random-forest', 'onnx-mlp', 'onnx-mlp']) await registry.push(NAME, filesOf(model));
      // The third is damaged in the store.
      const client = minioClient(cluster().minio);
      const folder = `${PREFIX}/models/${NAME}/versions/3/files/`;
      for await (const { name } of client.listObjectsV2(bucket, folder, true)) {
        await client.putObject(bucket, name, Buffer.from('not a model'));
      }
    }, 120_000);

    afterAll(async () => {
      await cluster()
        .kind.kubectl(['delete', 'modeldeployment', NAME, '-n', NAMESPACE, '--ignore-not-found'])
        .catch(() => undefined);
    }, 120_000);

    test('are served: the answers are those of scikit-learn', async () => {
      await apply({ version: '1' });
      await timed('ModelDeployment → Ready', () =>
        eventually('ready', status, (s) => s.phase === 'Ready' && s.promoted === '1'),
      );
      const answer = await eventually('an answer', infer);
      expect(answer.outputs.find((o: any) => o.name === 'label').data).toEqual(
        answersOf('onnx-random-forest').outputs.label.data,
      );
      expect((await registry.promoted(NAME))?.version).toBe('1');
    });

    test('take over by shares while clients ask, and no request fails', async () => {
      const failures: string[] = [];
      const versions: string[] = [];
      let isAsking = true;
      const clients = Array.from({ length: 2 }, async () => {
        while (isAsking) {
          await infer().then(
            (answer) => versions.push(answer.model_version),
            (error) => failures.push((error as Error).message),
          );
        }
      });
      try {
        await apply({ version: '2', canary: { steps: [50], interval: '5s', minRequests: 5 } });
        await timed('a version takes over (one step of 5 s)', () =>
          eventually('taken over', status, (s) => s.version === '2' && s.promoted === '2'),
        );
        await eventually('the old servers are gone', status, (s) => s.versions.length === 1);
        const seen = versions.length;
        await eventually('more answers', async () => versions.length > seen + 5);
      } finally {
        isAsking = false;
        await Promise.all(clients);
      }
      expect(failures).toEqual([]);
      expect(new Set(versions)).toEqual(new Set(['1', '2']));
      expect(versions.at(-1)).toBe('2');
    });

    test('that are damaged are refused with the reason, and the version in use goes on', async () => {
      await apply({ version: '3' });
      const { refused, version } = await eventually('refused', status, (s) => s.phase === 'RolledBack');
      expect([version, refused.version, refused.reason]).toEqual(['2', '3', 'ModelRefused']);
      expect((await infer()).model_version).toBe('2');
    });
  });
}
