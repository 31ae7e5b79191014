/** Flink of the newest release in one JVM, set up as its own benchmark sets it up. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FlinkQueryOutput, readFlinkOutput } from '../../test/harness/flink/flink-output.js';
import { startFlink } from '../../test/harness/flink/start-flink.js';
import { peakRssMb, processCpuS, processTree, type Usage } from '../measure/process-tree.js';

export type FlinkPeer = 'flink' | 'flink-rocksdb';

export interface Flink {
  /**
   * Runs a script with one INSERT to its end; the usage is that of the INSERT alone. Rejects with GivenUp when it has used `mostCpuS`
   * and is not done: nothing but stop() can be called then.
   */
  insert(script: string, slots: number, mostCpuS?: number): Promise<Usage>;
  /** The changes that a script's last statement, a query, answers. */
  query(script: string): Promise<FlinkQueryOutput>;
  stop(): Promise<void>;
}

/** A run was ended before it was done. */
export class GivenUp extends Error {
  constructor(readonly usage: Usage) {
    super(`not done after ${usage.cpuS.toFixed(0)} CPU seconds`);
  }
}

/** How often what a run has used is looked at. */
const LOOK_MS = 500;
const HEAP_MB = 1536;
/** State of some GB takes a while. */
const LONGEST_MS = 3 * 3600 * 1000;
const SETTINGS = {
  'execution.checkpointing.interval': '1s',
  'execution.checkpointing.mode': 'EXACTLY_ONCE',
  'pipeline.object-reuse': 'true',
  'table.exec.mini-batch.enabled': 'true',
  'table.exec.mini-batch.allow-latency': '2s',
  'table.exec.mini-batch.size': '50000',
  'table.optimizer.distinct-agg.split.enabled': 'true',
};

/** Starts the JVM. Each statement gets a cluster of its own, so that its settings hold. */
export async function startFlinkPeer(peer: FlinkPeer): Promise<Flink> {
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-bench-flink-'));
  const others = new Set(processTree(process.pid));
  const flink = await startFlink({ heapMb: HEAP_MB, sharedSlots: 0 });
  const jvm = processTree(process.pid).find((pid) => !others.has(pid));
  const state: Record<string, string> =
    peer === 'flink-rocksdb'
      ? {
          'state.backend.type': 'rocksdb',
          'execution.checkpointing.incremental': 'true',
          'taskmanager.memory.managed.size': '512m',
        }
      : { 'state.backend.type': 'hashmap' };
  const config = { ...SETTINGS, ...state, 'execution.checkpointing.dir': `file://${dir}` };
  return {
    insert: async (script, slots, mostCpuS = Number.POSITIVE_INFINITY) => {
      const [beganS, beganMs] = [jvm ? processCpuS(jvm) : 0, performance.now()];
      let givenUp: Usage | undefined;
      const watch = setInterval(() => {
        const cpuS = jvm && !givenUp ? processCpuS(jvm) - beganS : 0;
        if (cpuS <= mostCpuS) return;
        givenUp = { wallS: (performance.now() - beganMs) / 1000, cpuS, peakRssMb: peakRssMb(jvm!) };
        process.kill(jvm!, 'SIGKILL');
      }, LOOK_MS);
      const result = await flink
        .run({ script, mode: 'streaming', parallelism: slots, config, timeoutMs: LONGEST_MS })
        .catch((error) => {
          throw givenUp ? new GivenUp(givenUp) : error;
        })
        .finally(() => clearInterval(watch));
      const insert = result.statements.find((statement) => statement.kind === 'insert');
      if (!insert) throw new Error('the script has no INSERT');
      return { wallS: insert.wallMs / 1000, cpuS: insert.cpuSeconds, peakRssMb: jvm ? peakRssMb(jvm) : 0 };
    },
    query: async (script) => {
      const output = join(dir, 'answer.jsonl');
      await flink.run({ script, mode: 'streaming', parallelism: 1, config, output });
      return (await readFlinkOutput(output)).at(-1)!;
    },
    stop: async () => {
      await flink.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
