/** StoreSpec → store. The S3 client is loaded only where it is needed: local jobs start faster. */
import type { Logger } from '../source/contract.js';
import { FileStore } from './file-store.js';
import { StoreWithLocalCopies } from './local-copies.js';
import type { ObjectStore, StoreSpec } from './store.js';

/** Puts the references to secrets in place. Only where the store is opened: specs travel with references. */
export function resolveStore(spec: StoreSpec, resolve: (text: string) => string): StoreSpec {
  if (spec.kind === 'file') return spec;
  return { ...spec, accessKey: resolve(spec.accessKey ?? ''), secretKey: resolve(spec.secretKey ?? '') };
}

/** `log` is told when the store is away and when it is back. `copies`: folder for copies of segments, where the store isn't a folder itself. */
export async function openStore(spec: StoreSpec, log?: Logger, copies?: string): Promise<ObjectStore> {
  if (spec.kind === 'file') return new FileStore(spec.path);
  const { S3Store } = await import('./s3-store.js');
  const store = new S3Store(spec, log);
  return copies === undefined ? store : new StoreWithLocalCopies(store, { folder: copies, log });
}
