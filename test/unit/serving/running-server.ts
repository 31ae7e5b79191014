/** A model server on a free port, over models that were made for the test. */
import { request } from 'node:http';
import type { LoadedModel, ModelRegistry, Promotion, TensorSpec, Tensors } from '../../../runtime/model/index.js';
import { type HostOptions, ModelHost } from '../../../runtime/serving/model-host.js';
import { type ModelServer, type ServerOptions, serveModels } from '../../../runtime/serving/server.js';

export const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

export const spec = (name: string, datatype: TensorSpec['datatype'], shape: number[]): TensorSpec => ({
  name,
  datatype,
  shape,
});

/** A model that is a function. */
export function modelOf(
  signature: LoadedModel['signature'],
  predict: (inputs: Tensors) => Tensors | Promise<Tensors>,
): LoadedModel & { closed: boolean } {
  return {
    format: 'onnx',
    backend: 'onnxruntime-node',
    signature,
    predict,
    closed: false,
    close() {
      this.closed = true;
    },
  };
}

/** Adds `by` to each number of `x` [-1, 2]. */
export function adder(by: number, calls: number[] = []): LoadedModel & { closed: boolean } {
  return modelOf({ inputs: [spec('x', 'FP32', [-1, 2])], outputs: [spec('y', 'FP32', [-1, 2])] }, ({ x }) => {
    calls.push(x.shape[0]);
    return { y: { ...x, data: (x.data as Float32Array).map((value) => value + by) } };
  });
}

/** A registry of models in memory: `models['fraud']['1']` makes the model. */
export class FakeRegistry implements Pick<ModelRegistry, 'open' | 'promoted' | 'promote'> {
  readonly pointers = new Map<string, Promotion>();
  opened: string[] = [];
  constructor(readonly models: Record<string, Record<string, () => LoadedModel | Promise<LoadedModel>>>) {}

  async open(name: string, version: string): Promise<LoadedModel> {
    this.opened.push(`${name}/${version}`);
    return this.models[name][version]();
  }
  async promoted(name: string): Promise<Promotion | undefined> {
    return this.pointers.get(name);
  }
  async promote(name: string, version: string): Promise<Promotion> {
    const promotion = { name, version, promotedAt: '2024-01-01T00:00:00Z' };
    this.pointers.set(name, promotion);
    return promotion;
  }
}

export interface Running {
  readonly host: ModelHost;
  readonly server: ModelServer;
  readonly url: string;
}

export async function start(
  registry: HostOptions['registry'],
  options: Partial<HostOptions> & Partial<ServerOptions> = {},
): Promise<Running> {
  const host = new ModelHost({ log: SILENT, ...options, registry });
  const server = await serveModels(host, {
    port: 0,
    version: 'test',
    log: SILENT,
    ...options,
    host: '127.0.0.1',
    registry,
  });
  return { host, server, url: `http://127.0.0.1:${server.port}` };
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
  json(): any;
}

/** One request on a connection of its own. */
export function ask(
  url: string,
  body?: string | Buffer | object,
  headers: Record<string, string> = {},
  method = body === undefined ? 'GET' : 'POST',
): Promise<Answer> {
  const bytes =
    body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const all = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: all,
          json: () => JSON.parse(all.toString('utf8')),
        });
      });
    });
    sent.on('error', reject);
    sent.end(bytes);
  });
}

export const rows = (count: number, value = 0) => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [count, 2], data: new Array(count * 2).fill(value) }],
});
