/** StoreSpec → store. The S3 client is loaded only where it is needed: local jobs start faster. */
import type { Logger } from '../source/contract.js';
import { FileStore } from './file-store.js';
import type { ObjectStore, StoreSpec } from './store.js';

/** Puts the references to secrets in place. Only where the store is opened: specs travel with references. */
export function resolveStore(spec: StoreSpec, resolve: (text: string) => string): StoreSpec {
  if (spec.kind === 'file') return spec;
  return { ...spec, accessKey: resolve(spec.accessKey ?? ''), secretKey: resolve(spec.secretKey ?? '') };
}

/** `log` is told when the store is away and when it is back. */
export async function openStore(spec: StoreSpec, log?: Logger): Promise<ObjectStore> {
  if (spec.kind === 'file') return new FileStore(spec.path);
  const { S3Store } = await import('./s3-store.js');
  return new S3Store(spec, log);
}
