/** Where a job's models are: the `registry` option and its companions → a store. */
import { isAbsolute, resolve as resolvePath } from 'node:path';
import { TidewheelError } from '../../../api/errors.js';
import type { ModelOptions } from '../../graph/model-steps.js';
import { KEYS_IN_ENVIRONMENT, type StoreSpec } from '../../snapshot/store.js';

export const DEFAULT_REGISTRY = './models-store';

/**
 * The store that options name: `registry` is a folder (relative to `baseDir`) or `s3://bucket/prefix`. Left out: what the
 * environment variable TIDEWHEEL_MODELS says, else the folder models-store. References are left for whoever opens it.
 */
export function registryStore(options: ModelOptions, baseDir: string, resolve: (text: string) => string): StoreSpec {
  const at = options.registry
    ? resolve(options.registry)
    : (fromEnvironment('TIDEWHEEL_MODELS', resolve) ?? DEFAULT_REGISTRY);
  const s3 = /^s3:\/\/([^/]+)\/?(.*)$/.exec(at);
  if (!s3) return { kind: 'file', path: isAbsolute(at) ? at : resolvePath(baseDir, at) };
  const endpoint = options['s3.endpoint']
    ? resolve(options['s3.endpoint'])
    : fromEnvironment('TIDEWHEEL_S3_ENDPOINT', resolve);
  if (!endpoint) {
    throw new TidewheelError('TW7401', `the registry ${at} has no endpoint`, {
      hint: "Add 's3.endpoint', or set TIDEWHEEL_S3_ENDPOINT",
    });
  }
  return {
    kind: 's3',
    endpoint,
    bucket: s3[1],
    prefix: s3[2].replace(/\/$/, ''),
    ...(options['s3.region'] ? { region: options['s3.region'] } : {}),
    accessKey: options['s3.access-key'] ?? KEYS_IN_ENVIRONMENT.accessKey,
    secretKey: options['s3.secret-key'] ?? KEYS_IN_ENVIRONMENT.secretKey,
  };
}

function fromEnvironment(name: string, resolve: (text: string) => string): string | undefined {
  try {
    return resolve(`\${env:${name}}`);
  } catch {
    return undefined;
  }
}
