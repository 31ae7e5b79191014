/** A SQL job in this process, over a folder of its own with a registry of models. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalRun, runEmbedded } from '../../../cli/local/embedded.js';
import { collectRows } from '../../../runtime/connectors/collect/index.js';
import { loadJob } from '../../../runtime/job/index.js';
import { create, createPipeline, type Spec } from '../../../runtime/learn/index.js';
import { createRegistry, type ModelRegistry } from '../../../runtime/model/index.js';
import { FileStore } from '../../../runtime/snapshot/file-store.js';

export const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

export interface Folder {
  readonly path: string;
  readonly registry: ModelRegistry;
  write(name: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

export async function folder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'tidewheel-score-'));
  return {
    path,
    registry: createRegistry(new FileStore(join(path, 'models-store'))),
    write: (name, text) => writeFile(join(path, name), text),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** A learner that says weight·x + bias for the feature x: taught so by hand. */
export function line(weight: number, bias: number): ReadonlyMap<string, Uint8Array> {
  const model = create({ type: 'LinearRegression', optimizer: { type: 'SGD', lr: 0 }, interceptLr: 0 } as Spec);
  model.learnOne({ x: 0 }, 0);
  const json = JSON.parse(JSON.stringify(model));
  return new Map([['learner.json', Buffer.from(JSON.stringify(withLine(json, weight, bias)))]]);
}

function withLine(json: any, weight: number, bias: number): unknown {
  json.weights = [weight];
  json.intercept = bias;
  return json;
}

export { createPipeline };

export interface Job {
  readonly run: LocalRun;
  readonly rows: { row: any; kind: string }[];
  /** Resolves when so many rows have come. */
  until(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startJob(at: Folder, name: string, spec: string, env: NodeJS.ProcessEnv = {}): Promise<Job> {
  const rows: Job['rows'] = [];
  let arrived = () => {};
  const remove = collectRows(name, (row, kind) => {
    rows.push({ row, kind: String(kind) });
    arrived();
  });
  await at.write(`${name}.yaml`, spec);
  const job = await loadJob(join(at.path, `${name}.yaml`));
  const run = await runEmbedded(job, { log: SILENT, stateDir: join(at.path, 'state'), env });
  return {
    run,
    rows,
    until: (count) =>
      new Promise((resolve, reject) => {
        arrived = () => {
          if (rows.length >= count) resolve();
        };
        void run.coordinator.ended.then((state) => {
          if (state === 'failed') reject(new Error(run.coordinator.exceptions[0]?.message));
          else if (rows.length < count) reject(new Error(`the job is ${state} with ${rows.length} rows`));
        });
        arrived();
      }),
    close: async () => {
      remove();
      if (!run.coordinator.isOver) await run.coordinator.cancel();
      await run.close();
    },
  };
}
