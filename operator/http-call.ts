/** One HTTP call within the cluster, whole answer as text. */
import { request } from 'node:http';

export interface HttpCall {
  readonly host: string | undefined;
  readonly port: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Sent as JSON. */
  readonly body: object | undefined;
  readonly timeoutMs: number;
}

/**
 * Rejects when there is no answer in time. Each call has its own connection: one that was opened while no pod stood behind a Service may
 * lead astray for as long as it is kept.
 */
export function httpCall(call: HttpCall): Promise<{ readonly status: number; readonly text: string }> {
  const { host, port, method, path, body, timeoutMs } = call;
  return new Promise((resolve, reject) => {
    const text = body && JSON.stringify(body);
    const headers = text ? { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) } : {};
    const sent = request({ host, port, agent: false, method, path, timeout: timeoutMs, headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (answer += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: answer }));
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer after ${timeoutMs} ms`)));
    sent.on('error', reject);
    sent.end(text);
  });
}
