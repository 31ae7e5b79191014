/** `--store` and its companions: where the commands about models find the registry. */
import type { Argv } from 'yargs';
import { referenceResolver } from '../../runtime/job/references.js';
import type { ModelFiles, ModelRegistry } from '../../runtime/model/index.js';
import { openStore } from '../../runtime/snapshot/open-store.js';
import type { Logger } from '../../runtime/source/contract.js';
import { modelAccess } from '../../runtime/transform/model/access.js';

export interface StoreArgs {
  store?: string;
  's3-endpoint'?: string;
  's3-region'?: string;
}

export function storeOptions<T>(y: Argv<T>): Argv<T & StoreArgs> {
  return y
    .option('store', {
      type: 'string',
      describe: 'Folder, or s3://bucket/prefix. Default: TIDEWHEEL_MODELS, else ./models-store',
    })
    .option('s3-endpoint', {
      type: 'string',
      describe:
        'Endpoint of S3; default: TIDEWHEEL_S3_ENDPOINT. Keys: TIDEWHEEL_S3_ACCESS_KEY, TIDEWHEEL_S3_SECRET_KEY',
    })
    .option('s3-region', { type: 'string', describe: 'Region of S3' }) as never;
}

function access(log?: Logger) {
  return modelAccess({
    library: () => import('../../runtime/model/index.js'),
    openStore: async (spec) => {
      const { resolveStore } = await import('../../runtime/snapshot/open-store.js');
      return openStore(resolveStore(spec, resolver), log);
    },
    baseDir: process.cwd(),
    resolve: resolver,
  });
}

const resolver = referenceResolver({ env: process.env, secretsDir: process.env.TIDEWHEEL_SECRETS_DIR });

export function openRegistry(args: StoreArgs, log?: Logger): Promise<ModelRegistry> {
  return access(log).registry({
    ...(args.store === undefined ? {} : { registry: args.store }),
    ...(args['s3-endpoint'] === undefined ? {} : { 's3.endpoint': args['s3-endpoint'] }),
    ...(args['s3-region'] === undefined ? {} : { 's3.region': args['s3-region'] }),
  } as never);
}

/** A file, or all files of a folder. */
export function readModel(path: string): Promise<ModelFiles> {
  return access().files(path);
}
