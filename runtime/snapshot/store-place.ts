/**
 * Where a job keeps its state, as one line without secrets: `s3+http://minio:9000/BUCKET/PREFIX` or `file:///FOLDER`. What a
 * StreamSnapshot says of its job's store, so that another job can begin from it.
 */
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { StoreSpec } from './store.js';

export function showPlace(spec: StoreSpec): string {
  if (spec.kind === 'file') return pathToFileURL(spec.path).href;
  return `s3+${spec.endpoint.replace(/\/+$/, '')}/${spec.bucket}/${spec.prefix}`;
}

/** The store at a place, with the keys of `like` where it is an S3. Throws when the line is none. */
export function storeAt(place: string, like: StoreSpec): StoreSpec {
  if (place.startsWith('file:')) return { kind: 'file', path: fileURLToPath(place) };
  const match = /^s3\+(https?:\/\/[^/]+)\/([^/]+)\/(.*)$/.exec(place);
  if (!match) throw new Error(`'${place}' is neither s3+http(s)://ENDPOINT/BUCKET/PREFIX nor file:///FOLDER`);
  const [, endpoint, bucket, prefix] = match;
  const keys = like.kind === 's3' ? { region: like.region, accessKey: like.accessKey, secretKey: like.secretKey } : {};
  return { kind: 's3', ...keys, endpoint, bucket, prefix };
}
