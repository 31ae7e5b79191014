/** Signature Version 4 of AWS, as S3 and what is like it take it: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html. Pure. */
import { createHash, createHmac } from 'node:crypto';

export interface S3Keys {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

export interface S3Request {
  readonly method: string;
  /** Encoded by encodePath(). */
  readonly path: string;
  /** Encoded by encodeQuery(). */
  readonly query: string;
  /** Names in lower case; all are signed. With `host` and `x-amz-content-sha256`. */
  readonly headers: Readonly<Record<string, string>>;
}

export const sha256Hex = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** As encodeURIComponent, and what that leaves alone but the signature doesn't. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A path with all but its slashes encoded. */
export function encodePath(path: string): string {
  return path.split('/').map(encode).join('/');
}

/** Parameters in the order in which they are signed. */
export function encodeQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
}

/** The headers with `x-amz-date` and `authorization`. */
export function signed({ method, path, query, headers }: S3Request, keys: S3Keys, now: Date): Record<string, string> {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const day = stamp.slice(0, 8);
  const all: Record<string, string> = { ...headers, 'x-amz-date': stamp };
  const names = Object.keys(all).sort();
  const lines = names.map((name) => `${name}:${all[name].trim()}\n`).join('');
  const canonical = [method, path, query, lines, names.join(';'), all['x-amz-content-sha256']].join('\n');
  const scope = `${day}/${keys.region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', stamp, scope, sha256Hex(canonical)].join('\n');
  const key = [keys.region, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${keys.secretKey}`, day));
  const signature = hmac(key, text).toString('hex');
  all.authorization = `AWS4-HMAC-SHA256 Credential=${keys.accessKey}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return all;
}
