/** One request for each key; tries again what may pass. */
import { TidewheelError } from '../../../api/errors.js';
import type { Row } from '../../record/types.js';
import type { RecordMeta } from '../../source/contract.js';
import type { Lookup, LookupContext } from '../../source/lookup.js';
import { parseDuration } from '../../time/duration.js';
import { elementsOf, fieldOf } from './answer.js';

const MAX_DELAY_MS = 5000;
const MAX_SHOWN = 200;

export class HttpLookup implements Lookup {
  private readonly method: string;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly tries: number;
  private readonly delayMs: number;
  private readonly timeoutMs: number;
  private readonly path: readonly string[];
  /** Columns whose values are in the URL. */
  private readonly inUrl: ReadonlySet<string>;
  private rows: Row[] = [];
  private readonly decoder;

  constructor(private readonly ctx: LookupContext) {
    const { options } = ctx;
    this.method = options['method'] ?? 'GET';
    const headers = Object.entries(options).flatMap(([key, value]) =>
      key.startsWith('headers.') ? [[key.slice('headers.'.length), value]] : [],
    );
    this.headers = Object.fromEntries([['accept', 'application/json'], ...headers]);
    this.tries = Number(options['lookup.max-retries'] ?? 3) + 1;
    this.delayMs = parseDuration(options['lookup.retry-delay'] ?? '100 ms');
    this.timeoutMs = parseDuration(options['request.timeout'] ?? '10 s');
    this.path = options['result-field']?.split('.') ?? [];
    this.inUrl = new Set([...(options['url'] ?? '').matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
    for (const column of this.inUrl) {
      if (ctx.keys.some((key) => key.column === column)) continue;
      throw new TidewheelError('TW1302', `'url' of '${ctx.table}' has {${column}}, which the join has no value for`, {
        hint: `Its condition gives ${ctx.keys.map((k) => k.column).join(', ')}`,
      });
    }
    if (!(this.tries >= 1))
      throw new TidewheelError('TW1302', "option 'lookup.max-retries' must be a whole number from 0");
    const meta: RecordMeta = {
      origin: options['url'],
      partition: 0,
      offset: 0,
      line: 0,
      timestamp: -1,
      key: null,
      headers: null,
    };
    if (!ctx.decoder) throw new TidewheelError('TW1302', `table '${ctx.table}' needs a 'format'`);
    this.decoder = ctx.decoder(meta, (row) => this.rows.push(row));
  }

  find(values: readonly unknown[], signal: AbortSignal): Promise<readonly Row[]> {
    return this.persistently(this.request(values), signal);
  }

  async all(signal: AbortSignal): Promise<readonly Row[]> {
    if (this.inUrl.size > 0) {
      throw new TidewheelError(
        'TW1302',
        `'url' of '${this.ctx.table}' asks for one key, but the whole table is to be read`,
        {
          hint: "Leave {column} out, or use 'lookup.cache' = 'PARTIAL'",
        },
      );
    }
    const body = this.method === 'POST' ? '{}' : undefined;
    return this.persistently({ url: this.ctx.options['url'], body }, signal);
  }

  private async persistently(
    { url, body }: { url: string; body?: string },
    signal: AbortSignal,
  ): Promise<readonly Row[]> {
    let delayMs = this.delayMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.ask(url, body, signal);
      } catch (error) {
        const passing = error instanceof TidewheelError && error.retryable;
        if (!passing || attempt >= this.tries || signal.aborted) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
    }
  }

  private request(values: readonly unknown[]): { url: string; body?: string } {
    const texts = this.ctx.keyTexts(values);
    const byColumn = new Map(this.ctx.keys.map((key, i) => [key.column, texts[i] ?? '']));
    const url = this.ctx.options['url'].replaceAll(/\{(\w+)\}/g, (_, column: string) =>
      encodeURIComponent(byColumn.get(column) ?? ''),
    );
    const rest = [...byColumn].filter(([column]) => !this.inUrl.has(column));
    if (this.method === 'POST') return { url, body: JSON.stringify(Object.fromEntries(rest)) };
    if (rest.length === 0) return { url };
    return { url: `${url}${url.includes('?') ? '&' : '?'}${new URLSearchParams(rest).toString()}` };
  }

  private async ask(url: string, body: string | undefined, signal: AbortSignal): Promise<readonly Row[]> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method: this.method,
        headers: { ...this.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.timeoutMs)]),
      });
      text = await response.text();
    } catch (cause) {
      const why = (cause as { cause?: Error }).cause?.message ?? (cause as Error).message;
      throw new TidewheelError('TW3002', `${this.method} ${shown(url)} for '${this.ctx.table}': ${why}`, { cause });
    }
    if (response.status === 404 || response.status === 204) return [];
    if (!response.ok) {
      const passing = response.status === 429 || response.status >= 500;
      const said = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
      throw new TidewheelError(
        passing ? 'TW3002' : 'TW3003',
        `${this.method} ${shown(url)} for '${this.ctx.table}' answered ${response.status}${said ? `: ${said}` : ''}`,
      );
    }
    return this.rowsOf(text);
  }

  private rowsOf(text: string): readonly Row[] {
    const part = fieldOf(text, this.path);
    if (part === undefined || part === 'null' || part === '') return [];
    this.rows = [];
    for (const element of part.startsWith('[') ? elementsOf(part) : [part]) {
      const bytes = Buffer.from(element);
      this.decoder.record(bytes, 0, bytes.length);
    }
    return this.rows;
  }
}

/** Without what stands behind the question mark, which may be secret. */
function shown(url: string): string {
  return url.split('?')[0];
}
