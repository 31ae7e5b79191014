/**
 * The few calls of S3 that a store makes, path style, one request each. A full client takes 16 MiB and 80 ms of processor time of each
 * coordinator and runner before its first call.
 */
import { createHash } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { encodePath, encodeQuery, type S3Keys, sha256Hex, signed } from './s3-signature.js';

/** What the server refused, by its code, e.g. NoSuchKey; where it gave none, by the answer's status. */
export class S3Error extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'HEAD';
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** How many keys one deletion takes. */
const MOST_DELETED = 1000;
const EMPTY = Buffer.alloc(0);
/** Codes of answers without a body. */
const BY_STATUS: Readonly<Record<number, string>> = {
  403: 'AccessDenied',
  404: 'NotFound',
  412: 'PreconditionFailed',
  503: 'ServiceUnavailable',
};

export class S3Client {
  private readonly url: URL;
  private readonly isTls: boolean;
  private readonly agent: Agent;

  /** No keys: nothing is signed. */
  constructor(
    endpoint: string,
    private readonly bucket: string,
    private readonly keys: S3Keys,
  ) {
    this.url = new URL(endpoint);
    this.isTls = this.url.protocol === 'https:';
    this.agent = this.isTls ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  }

  async put(key: string, body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.call({ method: 'PUT', key, body, headers });
  }

  async get(key: string, range?: { readonly offset: number; readonly length: number }): Promise<Buffer> {
    const headers = range ? { range: `bytes=${range.offset}-${range.offset + range.length - 1}` } : undefined;
    return this.call({ method: 'GET', key, headers });
  }

  /** All keys that begin so. */
  async list(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for (let token: string | undefined = ''; token !== undefined; ) {
      const query: Record<string, string> = {
        ...{ 'list-type': '2', 'encoding-type': 'url', prefix },
        ...(token === '' ? {} : { 'continuation-token': token }),
      };
      const page: string = (await this.call({ method: 'GET', query })).toString();
      for (const [, key] of page.matchAll(/<Key>([^<]*)<\/Key>/g))
        keys.push(decodeURIComponent(key.replace(/\+/g, ' ')));
      token = textOf(page, 'IsTruncated') === 'true' ? textOf(page, 'NextContinuationToken') : undefined;
    }
    return keys;
  }

  /** Keys that aren't there are no error. */
  async delete(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += MOST_DELETED) {
      const objects = keys.slice(at, at + MOST_DELETED).map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`);
      const body = Buffer.from(`<Delete><Quiet>true</Quiet>${objects.join('')}</Delete>`);
      const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
      const answer = (await this.call({ method: 'POST', query: { delete: '' }, headers, body })).toString();
      const code = textOf(answer, 'Code');
      if (code !== undefined && code !== 'NoSuchKey') throw new S3Error(code, 200, textOf(answer, 'Message') ?? code);
    }
  }

  async bucketExists(): Promise<boolean> {
    try {
      await this.call({ method: 'HEAD' });
      return true;
    } catch (error) {
      if ((error as S3Error).status === 404) return false;
      throw error;
    }
  }

  async makeBucket(): Promise<void> {
    const { region } = this.keys;
    const place = `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${escapeXml(region)}</LocationConstraint></CreateBucketConfiguration>`;
    await this.call({ method: 'PUT', body: region === 'us-east-1' ? EMPTY : Buffer.from(place) });
  }

  /** The body of the answer. Rejects with S3Error, or with the connection's error. */
  private call({ method, key, query = {}, headers = {}, body = EMPTY }: Call): Promise<Buffer> {
    const path = encodePath(`/${this.bucket}${key === undefined ? '' : `/${key}`}`);
    const search = encodeQuery(query);
    const { accessKey, secretKey } = this.keys;
    const unsigned: Record<string, string> = {
      ...headers,
      host: this.url.host,
      // Where the connection vouches for the body, nobody needs its hash.
      'x-amz-content-sha256': this.isTls ? 'UNSIGNED-PAYLOAD' : sha256Hex(body),
    };
    if (method === 'PUT' || method === 'POST') unsigned['content-length'] = String(body.length);
    const isAnonymous = accessKey === '' && secretKey === '';
    const call = { method, path, query: search, headers: unsigned };
    const all = isAnonymous ? unsigned : signed(call, this.keys, new Date());
    const { hostname, port } = this.url;
    const options = {
      ...{ method, headers: all, agent: this.agent, path: search === '' ? path : `${path}?${search}` },
      // Addresses of the sixth version stand in brackets in a URL.
      ...{ host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? undefined : Number(port) },
    };
    return new Promise((resolve, reject) => {
      const asked = (this.isTls ? tlsRequest : request)(options, (answer) => {
        readBody(answer, method).then((bytes) => {
          const { statusCode: status = 0 } = answer;
          if (status >= 200 && status < 300) resolve(bytes);
          else reject(refusal(status, bytes.toString(), `${method} ${path}`));
        }, reject);
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }
}

/** Rejects when the connection ends before the body does. */
function readBody(answer: IncomingMessage, method: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const length = Number(answer.headers['content-length'] ?? Number.NaN);
    const whole = answer.statusCode === 200 || answer.statusCode === 206 ? length : Number.NaN;
    // One piece of memory where its size is known: pieces that are joined are held twice.
    const known = Number.isSafeInteger(whole) && method === 'GET' ? Buffer.allocUnsafe(whole) : undefined;
    const pieces: Buffer[] = [];
    let at = 0;
    answer.on('data', (piece: Buffer) => {
      if (known) at += piece.copy(known, at);
      else pieces.push(piece);
    });
    answer.on('error', reject);
    answer.on('end', () => {
      if (!answer.complete || (known && at !== known.length)) reject(new Error('aborted: the answer was cut short'));
      else resolve(known ?? Buffer.concat(pieces));
    });
  });
}

function refusal(status: number, text: string, what: string): S3Error {
  const code = textOf(text, 'Code') ?? BY_STATUS[status] ?? (status >= 500 ? 'InternalError' : `Status${status}`);
  const why = code === 'AccessDenied' ? ': the keys are wrong, or may not do this' : '';
  return new S3Error(code, status, textOf(text, 'Message') ?? `${what} was answered with ${status} ${code}${why}`);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** What stands in the first element of that name. */
function textOf(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return found?.replace(/&(amp|lt|gt|quot|apos|#\d+);/g, (_, entity: string) =>
    entity.startsWith('#') ? String.fromCodePoint(Number(entity.slice(1))) : ENTITIES[entity],
  );
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
