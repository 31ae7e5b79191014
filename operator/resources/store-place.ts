/** Where a job's state is, as its coordinator will find it: see runtime/coordinator/from-job.ts. */
import { join } from 'node:path';
import type { StreamJob, StreamJobSpec } from '../../api/index.js';
import { showPlace } from '../../runtime/snapshot/store-place.js';

type Storage = NonNullable<StreamJobSpec['storage']>;

/** Undefined for a job without storage: its state is gone with its pods. */
export function placeOf(job: StreamJob, { storage }: Pick<StreamJobSpec, 'storage'> = job.spec): string | undefined {
  const { s3, local } = storage ?? {};
  const { name, namespace = 'default' } = job.metadata;
  if (s3) return placeOfStorage({ s3: { ...s3, prefix: s3.prefix ?? `${namespace}/${name}` } });
  return local && placeOfStorage({ local: { path: join(local.path, name) } });
}

/** Of a storage whose prefix or path is that of the job itself. */
export function placeOfStorage(storage: Storage): string | undefined {
  const { s3, local } = storage;
  if (s3) return showPlace({ kind: 's3', endpoint: s3.endpoint, bucket: s3.bucket, prefix: s3.prefix ?? '' });
  return local && showPlace({ kind: 'file', path: local.path });
}
