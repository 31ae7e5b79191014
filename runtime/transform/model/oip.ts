/**
 * A model behind a server of the Open Inference Protocol v2 (REST): `POST /v2/models/NAME[/versions/VERSION]/infer`, a batch of rows
 * a request. What may pass (no connection, 408, 429, 5xx, no answer in time) is tried again, with pauses that double; what the
 * server refuses fails the job with the server's words. Order and the bound on requests are kept by `in-flight.ts`.
 *
 * With `when-missing` null a server that has no model yet holds nothing up: rows go on without an answer until it says what it takes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { TidewheelError } from '../../../api/errors.js';
import type { ScoreSpec } from '../../graph/model-steps.js';
import type { Datatype, ModelSignature, Tensor, Tensors } from '../../model/contract.js';
import type { Row } from '../../record/types.js';
import { parseDuration } from '../../time/duration.js';
import type { TransformContext } from '../contract.js';
import { type Answers, type TensorWay, tensorWay, withoutAnswer } from './loaded-version.js';
import type { Scorer } from './scorer.js';

interface WireTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

const DEFAULT_BATCH_ROWS = 64;

export class RemoteModel implements Scorer {
  readonly batchRows: number;
  readonly maxCalls: number;
  private readonly url: string;
  private readonly timeoutMs: number;
  private readonly attempts: number;
  private readonly firstDelayMs: number;
  private readonly maxDelayMs: number;
  private readonly headers: Record<string, string>;
  private signature!: ModelSignature;
  /** undefined: the server has not said yet what its model takes. */
  private way: TensorWay | undefined;
  private readonly unanswered: Answers;
  private readonly closed = new AbortController();

  constructor(
    private readonly ctx: TransformContext,
    private readonly spec: ScoreSpec,
  ) {
    const { options } = spec;
    const part = (text: string) => encodeURIComponent(ctx.resolve(text));
    const version = options.version ? `/versions/${part(options.version)}` : '';
    this.url = `${ctx.resolve(options.endpoint).replace(/\/+$/, '').replace(/\/v2$/, '')}/v2/models/${part(options.name)}${version}`;
    this.batchRows = Number(options['batch-rows'] ?? DEFAULT_BATCH_ROWS);
    this.maxCalls = Number(options['max-concurrent-operations'] ?? 8);
    this.timeoutMs = parseDuration(options.timeout ?? '30s');
    this.attempts = Number(options['max-attempts'] ?? 8);
    this.firstDelayMs = parseDuration(options['retry.initial-delay'] ?? '100ms');
    this.maxDelayMs = parseDuration(options['retry.max-delay'] ?? '10s');
    this.unanswered = withoutAnswer(spec, ctx.node.schema);
    this.headers = {
      'content-type': 'application/json',
      ...(options.authorization ? { authorization: ctx.resolve(options.authorization) } : {}),
    };
  }

  /** Asks the server what the model takes and gives; waits for a server that is still starting. */
  async open(): Promise<void> {
    if (this.spec.options['when-missing'] === 'null') void this.untilThere();
    else await this.learnSignature();
  }

  private async untilThere(): Promise<void> {
    for (
      let delayMs = this.firstDelayMs;
      !this.closed.signal.aborted;
      delayMs = Math.min(delayMs * 2, this.maxDelayMs)
    ) {
      try {
        await this.learnSignature();
        this.ctx.log.info({ url: this.url }, 'the model is there: rows are scored from now on');
        return;
      } catch (error) {
        if (!this.closed.signal.aborted)
          this.ctx.log.warn({ url: this.url, error: (error as Error).message }, 'rows go on without an answer');
        await sleep(delayMs, undefined, { signal: this.closed.signal }).catch(() => undefined);
      }
    }
  }

  private async learnSignature(): Promise<void> {
    const metadata = (await this.request('GET', '', undefined, this.closed.signal)) as {
      inputs?: ModelSignature['inputs'];
      outputs?: ModelSignature['outputs'];
    };
    if (!Array.isArray(metadata.inputs) || !Array.isArray(metadata.outputs)) {
      throw new TidewheelError('TW7404', `${this.url} does not say what the model takes and gives`);
    }
    this.signature = { inputs: metadata.inputs, outputs: metadata.outputs };
    this.way = tensorWay(this.signature, this.spec, this.ctx.node.schema);
  }

  score(rows: readonly Row[], signal: AbortSignal): Answers | Promise<Answers> {
    return this.way ? this.ask(this.way, rows, signal) : this.unanswered;
  }

  private async ask(way: TensorWay, rows: readonly Row[], signal: AbortSignal): Promise<Answers> {
    const { tensors, version } = await this.infer(way.encode(rows), signal);
    return way.answers(tensors, rows.length, version ?? this.spec.options.version ?? null);
  }

  private async infer(
    inputs: Tensors,
    signal: AbortSignal,
  ): Promise<{ tensors: Tensors; version: string | undefined }> {
    const body = JSON.stringify({
      inputs: Object.entries(inputs).map(([name, t]) => ({
        name,
        shape: t.shape,
        datatype: t.datatype,
        data: wireData(t),
      })),
    });
    const answer = (await this.request('POST', '/infer', body, signal)) as {
      model_version?: string;
      outputs?: readonly WireTensor[];
    };
    const rows = Object.values(inputs)[0]?.shape[0];
    const tensors: Record<string, Tensor> = {};
    for (const output of answer.outputs ?? []) {
      if (output.shape?.[0] !== rows || !Array.isArray(output.data)) {
        throw new TidewheelError(
          'TW7404',
          `${this.url} answered ${output.name} with shape [${output.shape}] for ${rows} rows`,
        );
      }
      tensors[output.name] = { datatype: output.datatype, shape: output.shape, data: fromWire(output) };
    }
    for (const { name } of this.signature.outputs) {
      if (!tensors[name]) throw new TidewheelError('TW7404', `${this.url} answered without the output ${name}`);
    }
    return { tensors, version: answer.model_version };
  }

  /** Tries until there is an answer, it is refused for good, or the tries are used up. */
  private async request(method: string, path: string, body: string | undefined, signal: AbortSignal): Promise<unknown> {
    let delayMs = this.firstDelayMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(method, path, body, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        if (!(error instanceof TidewheelError) || !error.retryable || attempt >= this.attempts) throw error;
        this.ctx.log.warn(
          { url: this.url, attempt, error: error.message },
          'a model server did not answer; tries again',
        );
        // Half of it by chance, so that tasks that failed together don't come back together.
        await sleep(delayMs * (0.5 + Math.random() / 2), undefined, { signal });
        delayMs = Math.min(delayMs * 2, this.maxDelayMs);
      }
    }
  }

  private async once(method: string, path: string, body: string | undefined, signal: AbortSignal): Promise<unknown> {
    let response: Response;
    let text: string;
    try {
      const timeout = AbortSignal.timeout(this.timeoutMs);
      response = await fetch(`${this.url}${path}`, {
        method,
        headers: this.headers,
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.any([signal, timeout]),
      });
      text = await response.text();
    } catch (cause) {
      const name = (cause as Error).name;
      const why = name === 'TimeoutError' ? `no answer within ${this.timeoutMs} ms` : reasonOf(cause as Error);
      throw new TidewheelError('TW7404', `${this.url}: ${why}`, { cause, retryable: true });
    }
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch {
      answer = undefined;
    }
    if (response.ok && answer !== undefined) return answer;
    const said = (answer as { error?: unknown } | undefined)?.error;
    const passing = [408, 425, 429].includes(response.status) || response.status >= 500;
    throw new TidewheelError(
      passing ? 'TW7404' : 'TW7405',
      `${this.url} answered ${response.status}${said === undefined ? '' : `: ${String(said)}`}`,
      { retryable: passing },
    );
  }

  close(): void {
    this.closed.abort();
  }
}

function reasonOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : error.message;
}

/** JSON has neither NaN nor 64-bit integers: NaN goes as null, integers as numbers where they are exact. */
function wireData(tensor: Tensor): unknown[] {
  const { data, datatype } = tensor;
  if (datatype === 'BOOL') return Array.from(data as Uint8Array, (v) => v !== 0);
  if (datatype === 'INT64' || datatype === 'UINT64') return Array.from(data as BigInt64Array, exactNumber);
  return Array.from(data as ArrayLike<unknown>, (v) => (typeof v === 'number' && !Number.isFinite(v) ? null : v));
}

function exactNumber(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new TidewheelError('TW7401', `the integer ${value} can't be sent as JSON without losing digits`);
}

/** Flat, whatever nesting the server chose. */
function fromWire(tensor: WireTensor): Tensor['data'] {
  const flat = tensor.data.flat(Number.POSITIVE_INFINITY as 1) as unknown[];
  if (tensor.datatype === 'BYTES') return flat.map(String);
  if (tensor.datatype === 'BOOL') return Uint8Array.from(flat, (v) => (v ? 1 : 0));
  if (tensor.datatype === 'INT64') return BigInt64Array.from(flat as number[], (v) => BigInt(v));
  if (tensor.datatype === 'UINT64') return BigUint64Array.from(flat as number[], (v) => BigInt(v));
  return Float64Array.from(flat as number[], (v) => (v === null ? Number.NaN : v));
}
