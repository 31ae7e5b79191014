/** StoreSpec → store. The S3 client is loaded only where it is needed: local jobs start faster. */
import { FileStore } from './file-store.js';
import type { ObjectStore, StoreSpec } from './store.js';

export async function openStore(spec: StoreSpec): Promise<ObjectStore> {
  if (spec.kind === 'file') return new FileStore(spec.path);
  const { S3Store } = await import('./s3-store.js');
  return new S3Store(spec);
}
