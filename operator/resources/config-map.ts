import type { StreamJob, StreamJobSpec } from '../../api/index.js';
import type { KubeObject } from '../kube/objects.js';
import { fileHash, jobFile } from './deployed.js';
import { metaOf, namesOf } from './names.js';

export const JOB_FILE = 'job.json';

/**
 * The job file for the coordinator. Its name changes with its content, so that an old and a new version never mix; only
 * `parallelism` changes under the same name, because a rescale keeps the coordinator.
 */
export function configMap(job: StreamJob, spec: StreamJobSpec): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metaOf(job, namesOf(job).configMap(fileHash(job, spec))),
    data: { [JOB_FILE]: JSON.stringify(jobFile(job, spec), undefined, 1) },
  };
}
