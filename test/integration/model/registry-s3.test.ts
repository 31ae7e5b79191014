/** The registry in a real MinIO: versions are written once, whoever pushes at the same time. */
import { expect, test } from '@jest/globals';
import { createRegistry } from '../../../runtime/model/index.js';
import { openStore } from '../../../runtime/snapshot/open-store.js';
import { minioClient, sharedMinio, uniqueName } from '../../harness/index.js';
import { answersOf, filesOf, inputsOf, worstDifference } from '../../unit/model/stored-models.js';

const MODEL = 'onnx-small-mlp';

test('pushed at once, promoted, opened, and refused when its bytes were changed', async () => {
  const s3 = sharedMinio();
  const prefix = uniqueName('models');
  const registry = createRegistry(await openStore({ kind: 's3', ...s3, prefix }));
  const pushed = await Promise.all([1, 2, 3, 4].map(() => registry.push('fraud', filesOf(MODEL))));
  expect(pushed.map((manifest) => manifest.version).sort()).toEqual(['1', '2', '3', '4']);
  await expect(registry.push('fraud', filesOf(MODEL), { version: '3' })).rejects.toMatchObject({ code: 'TW7303' });
  expect(await registry.promoted('fraud')).toBeUndefined();
  await registry.promote('fraud', '4');
  expect(await registry.promoted('fraud')).toMatchObject({ version: '4' });

  const model = await registry.open('fraud', '4');
  const answers = answersOf(MODEL);
  expect(worstDifference(await model.predict(inputsOf(answers)), answers.outputs)).toBeLessThan(1e-5);
  await model.close();

  await minioClient(s3).putObject(s3.bucket, `${prefix}/models/fraud/versions/2/files/model.onnx`, Buffer.from('x'));
  await expect(registry.open('fraud', '2')).rejects.toMatchObject({ code: 'TW7304' });
});

test('a store that is away says so, and that it may come back', async () => {
  const s3 = { ...sharedMinio(), endpoint: 'http://127.0.0.1:9' };
  const { S3Store } = await import('../../../runtime/snapshot/s3-store.js');
  const registry = createRegistry(new S3Store({ kind: 's3', ...s3, prefix: 'none' }, undefined, 300));
  await expect(registry.promoted('fraud')).rejects.toMatchObject({ code: 'TW4103', retryable: true });
});
