/** The store of snapshots on a real MinIO. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { S3Store } from '../../runtime/snapshot/s3-store.js';
import { type MinioServer, startMinio } from '../harness/index.js';

let minio: MinioServer;

beforeAll(async () => {
  minio = await startMinio({ host: '127.0.0.1' });
});

afterAll(() => minio.stop());

const ODD = 'k/1 +&<">\'()*!ü.json';

function storeOf(prefix: string, more: { secretKey?: string; patienceMs?: number } = {}): S3Store {
  const { endpoint, accessKey, secretKey = more.secretKey } = { ...minio, ...more };
  return new S3Store(
    { kind: 's3', endpoint, bucket: 'snapshots', prefix, accessKey, secretKey },
    undefined,
    more.patienceMs,
  );
}

describe('an object', () => {
  test('is written once where it must not be there, and read whole and in part, whatever its name', async () => {
    const store = storeOf("a b/ü+&'(x)!*");
    expect(await store.list('')).toEqual([]);
    await store.put(ODD, Buffer.from('hello'), { ifAbsent: true });
    await expect(store.put(ODD, Buffer.from('again'), { ifAbsent: true })).rejects.toMatchObject({ code: 'TW4102' });
    expect((await store.get(ODD)).toString()).toBe('hello');
    expect((await store.get(ODD, { offset: 1, length: 3 })).toString()).toBe('ell');
    expect(await store.list('k/')).toEqual([ODD]);
    await store.put(ODD, Buffer.from('written over'));
    expect((await store.get(ODD)).toString()).toBe('written over');
    await store.delete([ODD, 'was never there']);
    await expect(store.get(ODD)).rejects.toMatchObject({ code: 'TW4101' });
  });

  test('may be empty, or large', async () => {
    const store = storeOf('sizes');
    const large = Buffer.alloc(9 << 20, 'abcdefg');
    await Promise.all([store.put('empty', Buffer.alloc(0)), store.put('large', large)]);
    expect((await store.get('empty')).length).toBe(0);
    expect((await store.get('large')).equals(large)).toBe(true);
    expect((await store.get('large', { offset: 7 << 20, length: 70 })).toString()).toBe('abcdefg'.repeat(10));
  });
});

test('more objects than one answer lists, or one call deletes', async () => {
  const store = storeOf('many');
  const keys = Array.from({ length: 1100 }, (_, i) => `segments/${String(i).padStart(5, '0')}`);
  const rest = [...keys];
  const put = async () => {
    for (let key = rest.pop(); key !== undefined; key = rest.pop()) await store.put(key, Buffer.from(key));
  };
  await Promise.all(Array.from({ length: 16 }, put));
  expect(await store.list('segments/')).toEqual(keys);
  await store.delete(keys);
  expect(await store.list('')).toEqual([]);
});

test('wrong keys are said', async () => {
  const store = storeOf('wrong', { secretKey: 'not this one', patienceMs: 500 });
  await expect(store.list('')).rejects.toMatchObject({ code: 'TW4103', retryable: false });
  await expect(store.list('')).rejects.toThrow(/credentials required: the keys are wrong/);
});
