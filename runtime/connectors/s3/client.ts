/** Connection to an object store, from a connector's options. */
import { Client } from 'minio';
import { TidewheelError } from '../../../api/errors.js';
import type { OptionDef } from '../../source/contract.js';
import { PARTITION_OPTIONS } from '../partition-options.js';

export const CONNECTION_OPTIONS: Readonly<Record<string, OptionDef>> = {
  path: { required: true, doc: 'Where the objects are: s3://bucket/prefix.' },
  endpoint: { required: true, doc: 'URL of the store, e.g. http://minio:9000.' },
  'access-key': { doc: 'Access key, as a reference: ${env:NAME} or ${secret:NAME/KEY}.' },
  'secret-key': { doc: 'Secret key, as a reference.' },
  region: { default: 'us-east-1', doc: 'Region for signatures.' },
  format: { doc: 'Format of the records: json, csv or raw; they end with a newline.' },
  'partition.default-name': PARTITION_OPTIONS['partition.default-name'],
};

export interface ObjectLocation {
  readonly client: Client;
  readonly bucket: string;
  /** Without a leading slash; ends with one unless it is empty or names one object. */
  readonly prefix: string;
}

/** Throws TW1302 for options that name no place. */
export function locate(options: Readonly<Record<string, string>>): ObjectLocation {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(options.path ?? '');
  if (!match) throw new TidewheelError('TW1302', `option 'path' must be s3://bucket/prefix, got '${options.path}'`);
  let url: URL;
  try {
    url = new URL(options.endpoint);
  } catch {
    throw new TidewheelError(
      'TW1302',
      `option 'endpoint' must be a URL such as http://minio:9000, got '${options.endpoint}'`,
    );
  }
  const secure = url.protocol === 'https:';
  const client = new Client({
    endPoint: url.hostname,
    port: url.port ? Number(url.port) : secure ? 443 : 80,
    useSSL: secure,
    accessKey: options['access-key'] ?? '',
    secretKey: options['secret-key'] ?? '',
    region: options.region ?? 'us-east-1',
    pathStyle: true,
  });
  return { client, bucket: match[1], prefix: match[2] ?? '' };
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5000;
/** Refusals that trying again can't mend. */
const FINAL = new Set([
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'NoSuchBucket',
  'NoSuchKey',
  'NotFound',
  'InvalidBucketName',
]);

/** Calls until it succeeds, with back-off while the store is away; a refusal is an error at once. `on` tells of each failure. */
export async function persistently<T>(what: string, call: () => Promise<T>, on: (reason: string) => void): Promise<T> {
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
    try {
      return await call();
    } catch (cause) {
      const { code, message } = cause as { code?: string; message: string };
      if (code && FINAL.has(code)) {
        throw new TidewheelError('TW3003', `object store: can't ${what}: ${code}: ${message}`, {
          hint: 'Check path, endpoint, access-key and secret-key',
          cause,
        });
      }
      on(`can't ${what}: ${message || code}`);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}
