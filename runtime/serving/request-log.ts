/**
 * Requests and answers, as JSON records for a stream. Whatever becomes of the records, requests go on: a record is made after the answer,
 * and one that finds no room is dropped and counted.
 *
 *     {"time": "2026-01-01T12:00:00.000Z", "model": "fraud", "version": "3", "id": "q1", "status": 200, "latencyMs": 1.2,
 *      "requestBytes": 310, "answerBytes": 120, "request": {"inputs": [...]}, "answer": {"outputs": [...]}}
 *
 * `error` stands in place of `answer` where a request was refused; `requestBinary`, `answerBinary` are the bytes behind the JSON, base64;
 * `copy` marks a canary's copies; `cut` says that payloads were left out for their size.
 */
import type { RequestLogSpec } from '../../api/request-log.js';

export type DropReason = 'full' | 'away' | 'lost';

/** Takes records without waiting. */
export interface RecordSink {
  /** Undefined: taken. Otherwise why it was dropped. */
  write(record: Buffer): DropReason | undefined;
  /** Writes out what was taken, at most `patienceMs`. */
  close(patienceMs: number): Promise<void>;
}

export interface LogMetrics {
  logged(bytes: number): void;
  dropped(reason: DropReason, records?: number): void;
}

/** A request as it came, and what became of it. */
export interface LoggedRequest {
  readonly model: string;
  readonly version?: string;
  readonly id?: string;
  readonly status: number;
  readonly error?: string;
  readonly startedMs: number;
  readonly body?: Buffer;
  /** Length of the JSON in front of the body, where binary tensors follow. */
  readonly bodyJson?: number;
  readonly answer?: Buffer | string;
  readonly answerJson?: number;
  readonly isCopy?: boolean;
}

export class RequestLog {
  constructor(
    private readonly spec: Pick<RequestLogSpec, 'sampleRate' | 'payload' | 'maxBytes'>,
    private readonly sink: RecordSink,
    private readonly metrics: LogMetrics,
    private readonly random: () => number = Math.random,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether the next request is one of those that are written: ask once a request. */
  isSampled(): boolean {
    const { sampleRate } = this.spec;
    return sampleRate >= 1 || this.random() < sampleRate;
  }

  /** Never throws. */
  write(request: LoggedRequest): void {
    try {
      const latencyMs = Math.round((this.now() - request.startedMs) * 1000) / 1000;
      const record = this.record(request, latencyMs, new Date());
      const dropped = this.sink.write(record);
      if (dropped) this.metrics.dropped(dropped);
      else this.metrics.logged(record.length);
    } catch {
      this.metrics.dropped('lost');
    }
  }

  private record(request: LoggedRequest, latencyMs: number, time: Date): Buffer {
    const { body, answer, isCopy } = request;
    const { payload, maxBytes } = this.spec;
    const requestBytes = body?.length ?? 0;
    const answerBytes = answer === undefined ? 0 : Buffer.byteLength(answer);
    const head = JSON.stringify({
      time: time.toISOString(),
      model: request.model,
      version: request.version,
      id: request.id,
      status: request.status,
      error: request.error?.slice(0, 2000),
      latencyMs,
      requestBytes,
      answerBytes,
      ...(isCopy ? { copy: true } : {}),
    });
    const parts: string[] = [];
    // Base64 makes four bytes of three.
    const wanted = ((payload === 'answer' ? 0 : requestBytes) + (payload === 'request' ? 0 : answerBytes)) * (4 / 3);
    if (payload !== 'none') {
      if (head.length + 100 + wanted > maxBytes) parts.push('"cut":true');
      else {
        if (payload !== 'answer' && body)
          parts.push(...payloadParts('request', body, request.bodyJson, request.status));
        if (payload !== 'request' && answer !== undefined)
          parts.push(...payloadParts('answer', answer, request.answerJson, 200));
      }
    }
    return Buffer.from(parts.length === 0 ? head : `${head.slice(0, -1)},${parts.join(',')}}`);
  }

  close(patienceMs: number): Promise<void> {
    return this.sink.close(patienceMs);
  }
}

/** JSON as it came; what was refused may be none, and is written as text. */
function payloadParts(
  name: string,
  payload: Buffer | string,
  jsonLength: number | undefined,
  status: number,
): string[] {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const text = bytes.subarray(0, jsonLength ?? bytes.length).toString('utf8');
  const parts = [`"${name}":${status === 200 ? text : JSON.stringify(text)}`];
  if (jsonLength !== undefined && jsonLength < bytes.length) {
    parts.push(`"${name}Binary":"${bytes.subarray(jsonLength).toString('base64')}"`);
  }
  return parts;
}
