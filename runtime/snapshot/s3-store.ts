/** Objects in MinIO or any S3, by the minio client. Away for a moment: retried with back-off; then a StoreError says so. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Client } from 'minio';
import type { Logger } from '../source/contract.js';
import { ObjectExistsError, ObjectMissingError, type ObjectStore, StoreError, type StoreSpec } from './store.js';

type S3Spec = Extract<StoreSpec, { kind: 's3' }>;

/** Connection-level failures and the server's own "come back later". */
const RETRYABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'SlowDown',
  'SlowDownRead',
  'SlowDownWrite',
  'ServiceUnavailable',
  'InternalError',
  'XMinioServerNotInitialized',
  'RequestTimeout',
  'UnexpectedEOF',
]);

const ABOUT_KEYS = new Set(['AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch']);
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 2000;

export class S3Store implements ObjectStore {
  private readonly client: Client;
  private readonly prefix: string;
  private bucketKnown = false;
  /** Since when calls fail, milliseconds since the epoch; 0: they don't. */
  private awaySinceMs = 0;
  trouble: string | undefined;

  /** Waits up to `patienceMs` for a store that is away before it gives up on a call. */
  constructor(
    private readonly spec: S3Spec,
    private readonly log?: Logger,
    private readonly patienceMs = 30_000,
  ) {
    const url = new URL(spec.endpoint);
    this.client = new Client({
      endPoint: url.hostname,
      port: url.port ? Number(url.port) : url.protocol === 'https:' ? 443 : 80,
      useSSL: url.protocol === 'https:',
      accessKey: spec.accessKey ?? '',
      secretKey: spec.secretKey ?? '',
      region: spec.region ?? 'us-east-1',
      pathStyle: true,
    });
    this.prefix = spec.prefix === '' || spec.prefix.endsWith('/') ? spec.prefix : `${spec.prefix}/`;
  }

  get description(): string {
    return `s3://${this.spec.bucket}/${this.prefix} at ${this.spec.endpoint}`;
  }

  async put(key: string, bytes: Buffer, options?: { readonly ifAbsent?: boolean }): Promise<void> {
    let tried = false;
    await this.retrying(`write ${key}`, async () => {
      await this.ensureBucket();
      const headers: Record<string, string> = options?.ifAbsent ? { 'If-None-Match': '*' } : {};
      try {
        await this.client.putObject(this.spec.bucket, this.prefix + key, bytes, bytes.length, headers);
      } catch (error) {
        if ((error as { code?: string }).code === 'PreconditionFailed') {
          // A retry may find what its own first try wrote before the connection broke.
          if (tried && (await this.read(key)).equals(bytes)) return;
          throw new ObjectExistsError(key, this.description);
        }
        tried = true;
        throw error;
      }
    });
  }

  async get(key: string, range?: { readonly offset: number; readonly length: number }): Promise<Buffer> {
    return this.retrying(`read ${key}`, () => this.read(key, range));
  }

  async list(prefix: string): Promise<string[]> {
    return this.retrying(`list ${prefix}`, async () => {
      const out: string[] = [];
      await this.ensureBucket();
      for await (const item of this.client.listObjectsV2(this.spec.bucket, this.prefix + prefix, true)) {
        if (item.name) out.push(item.name.slice(this.prefix.length));
      }
      return out.sort();
    });
  }

  async delete(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.retrying(`delete ${keys.length} objects`, async () => {
      await this.client.removeObjects(
        this.spec.bucket,
        keys.map((k) => this.prefix + k),
      );
    });
  }

  private async read(key: string, range?: { readonly offset: number; readonly length: number }): Promise<Buffer> {
    try {
      const name = this.prefix + key;
      const stream = range
        ? await this.client.getPartialObject(this.spec.bucket, name, range.offset, range.length)
        : await this.client.getObject(this.spec.bucket, name);
      return await wholeBody(stream);
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (code === 'NoSuchKey' || code === 'NotFound' || code === 'NoSuchBucket')
        throw new ObjectMissingError(key, this.description);
      throw error;
    }
  }

  private async ensureBucket(): Promise<void> {
    if (this.bucketKnown) return;
    if (!(await this.client.bucketExists(this.spec.bucket))) {
      try {
        await this.client.makeBucket(this.spec.bucket, this.spec.region ?? 'us-east-1');
      } catch (error) {
        const code = (error as { code?: string }).code;
        if (code !== 'BucketAlreadyOwnedByYou' && code !== 'BucketAlreadyExists') throw error;
      }
    }
    this.bucketKnown = true;
  }

  private async retrying<T>(what: string, call: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + this.patienceMs;
    let delayMs = FIRST_DELAY_MS;
    for (;;) {
      try {
        const answer = await call();
        if (this.awaySinceMs > 0) {
          this.log?.info({ waitedMs: Date.now() - this.awaySinceMs }, `${this.description} answers again`);
          this.awaySinceMs = 0;
          this.trouble = undefined;
        }
        return answer;
      } catch (error) {
        if (error instanceof ObjectExistsError || error instanceof ObjectMissingError) throw error;
        const code = (error as { code?: string }).code ?? (error as { cause?: { code?: string } }).cause?.code ?? '';
        const retryable =
          RETRYABLE.has(code) || /socket hang up|aborted|network/i.test(String((error as Error).message));
        const reason = (error as Error).message || code;
        if (!retryable || Date.now() + delayMs > deadline) {
          const why = ABOUT_KEYS.has(code) ? ': the keys are wrong, or may not do this' : '';
          throw new StoreError(`can't ${what} in ${this.description}: ${reason}${why}`, retryable, { cause: error });
        }
        this.trouble = `${this.description} does not answer: ${reason}`;
        if (this.awaySinceMs === 0) {
          this.awaySinceMs = Date.now();
          this.log?.warn({ reason }, `can't ${what} in ${this.description} now: waiting, and trying again`);
        }
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
      }
    }
  }
}

/** By its length, where the answer says it: into one buffer, a third faster than by pieces that are joined at the end. */
function wholeBody(body: Readable): Promise<Buffer> {
  const { headers } = body as Partial<IncomingMessage>;
  const length = Number(headers?.['content-length'] ?? Number.NaN);
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const whole = length >= 0 ? Buffer.allocUnsafeSlow(length) : undefined;
    let have = 0;
    body.on('data', (piece: Buffer) => {
      if (whole) piece.copy(whole, have);
      else pieces.push(piece);
      have += piece.length;
    });
    body.on('end', () => resolve(whole ? whole.subarray(0, have) : Buffer.concat(pieces)));
    body.on('error', reject);
    // A connection that breaks ends the body without an end.
    body.on('close', () => reject(Object.assign(new Error('the connection broke'), { code: 'ECONNRESET' })));
  });
}
