/**
 * A cluster on this machine for tests of the operator: an API server in memory, whose pods are processes, with the operator
 * itself in this process.
 *
 * ```ts
 * const cluster = await TestCluster.start(dir);
 * cluster.apply({ apiVersion, kind: 'StreamJob', metadata: { name: 'ids' }, spec });
 * await cluster.until(() => cluster.job('ids').status?.phase === 'Running');
 * ```
 */

import type { KubeObject } from '../../../operator/kube/objects.js';
import { type OperatorOptions, type RunningOperator, runOperator } from '../../../operator/run.js';
import { TestApiServer } from './api-server.js';
import { TestKubelet } from './kubelet.js';

export { TestApiServer } from './api-server.js';

const WAIT_MS = 60_000;

export class TestCluster {
  operator: RunningOperator | undefined;
  /** What the operator logged. */
  readonly log: string[] = [];

  private constructor(
    readonly api: TestApiServer,
    readonly kubelet: TestKubelet,
  ) {}

  static async start(dir: string, options: Partial<OperatorOptions> = {}): Promise<TestCluster> {
    const api = new TestApiServer();
    await api.start();
    const cluster = new TestCluster(api, new TestKubelet(api, dir));
    await cluster.startOperator(options);
    return cluster;
  }

  async startOperator(options: Partial<OperatorOptions> = {}): Promise<void> {
    const keep = (fields: object, text: string) => {
      this.log.push(`${new Date().toISOString().slice(17, 23)} ${text} ${JSON.stringify(fields)}`);
    };
    const log = { trace() {}, debug() {}, info: keep, warn: keep, error: keep } as never;
    this.operator = await runOperator({
      log,
      connection: this.api.connection,
      settings: { image: 'tidewheel' },
      namespaces: [],
      identity: 'test',
      lease: { namespace: 'default', name: 'tidewheel-operator' },
      port: 0,
      host: '127.0.0.1',
      workers: 4,
      outside: true,
      onLost: () => {},
      ...options,
    });
  }

  async stop(): Promise<void> {
    await this.operator?.stop();
    this.kubelet.stop();
    this.api.stop();
  }

  apply(object: KubeObject): void {
    this.api.put(object);
  }

  job(name: string): any {
    return this.api.get('streamjobs', name);
  }

  /** Waits until something holds; throws with the jobs' statuses and logs when it doesn't. */
  async until(what: string, holds: () => boolean, timeoutMs = WAIT_MS): Promise<number> {
    const start = Date.now();
    while (!holds()) {
      if (Date.now() - start > timeoutMs) {
        const statuses = this.api
          .all('streamjobs')
          .map((j) => JSON.stringify({ spec: j.spec, status: j.status }, undefined, 1));
        const logs = [...this.log.slice(-30), ...this.kubelet.logs.slice(-30)];
        throw new Error(`not within ${timeoutMs} ms: ${what}\n${statuses.join('\n')}\n${logs.join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return Date.now() - start;
  }
}
