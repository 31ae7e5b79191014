import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { FLINK_VERSION, flinkRunnerClassPath } from '../provision/flink.js';

export interface FlinkScript {
  /** Flink SQL: any number of statements; `SET 'key' = 'value';` holds for those after it. */
  readonly script: string;
  readonly mode: 'batch' | 'streaming';
  /** Default 1. */
  readonly parallelism?: number;
  /** A file for what the queries of the script answer; see {@link readFlinkOutput}. */
  readonly output?: string;
  /** Configuration of Flink that must be known before the first statement. */
  readonly config?: Record<string, string>;
  /** After this the running statement is cancelled and the script fails. Default ten minutes. */
  readonly timeoutMs?: number;
}

export interface FlinkStatement {
  readonly kind: 'select' | 'insert' | 'other';
  /** Changes that a query answered. */
  readonly rows: number;
  readonly wallMs: number;
  readonly cpuSeconds: number;
}

export interface FlinkResult {
  readonly wallMs: number;
  /** CPU time of the whole JVM meanwhile: compiler and garbage collection included. */
  readonly cpuSeconds: number;
  readonly statements: readonly FlinkStatement[];
}

/** A script failed. The message holds Flink's whole chain of reasons. */
export class FlinkScriptError extends Error {}

export interface FlinkRunner {
  /** Runs a script to its end. Scripts run one at a time, in the order of the calls, in tables of their own. */
  run(script: FlinkScript): Promise<FlinkResult>;
  stop(): Promise<void>;
}

export interface FlinkOptions {
  /** Default 1536. */
  readonly heapMb?: number;
  /** Default: the newest, see FLINK_VERSION. */
  readonly version?: string;
  /**
   * Slots of one cluster that all scripts share, which saves its start for each statement; the parallelism is at most
   * this. 0: each statement starts a cluster of its own, which a script's `config` can then size. Default 8.
   */
  readonly sharedSlots?: number;
}

const OPENED = ['lang', 'util', 'net', 'time', 'nio', 'math', 'text', 'lang.reflect', 'util.concurrent'];

/** Starts a JVM with a local Flink that runs scripts until it is stopped, or until this process ends. */
export async function startFlink(options: FlinkOptions = {}): Promise<FlinkRunner> {
  const classPath = await flinkRunnerClassPath(options.version ?? FLINK_VERSION);
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-flink-'));
  const logFile = join(dir, 'flink.log');
  const log = openSync(logFile, 'a');
  const args = [
    `-Xmx${options.heapMb ?? 1536}m`,
    ...OPENED.map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`),
    '-Duser.timezone=UTC',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    `-Dslots=${options.sharedSlots ?? 8}`,
    `-Djava.io.tmpdir=${dir}`,
    '-Dscratch=true',
  ];
  // The JVM ends with its standard input, however this process dies.
  const child = spawn('java', [...args, '-cp', classPath, 'FlinkSqlRunner'], { stdio: ['pipe', 'pipe', log] });
  const { stdin, stdout } = child as { stdin: Writable; stdout: Readable };
  closeSync(log);
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const waiting: { resolve(answer: string): void; reject(error: Error): void }[] = [];
  let gone = false;
  createInterface(stdout).on('line', (line) => waiting.shift()?.resolve(line));
  void exited.then(async () => {
    gone = true;
    const tail = await readFile(logFile, 'utf8').catch(() => '');
    for (const each of waiting.splice(0)) {
      each.reject(new Error(`Flink's JVM ended:\n${tail.trim().split('\n').slice(-30).join('\n')}`));
    }
  });

  return {
    run: async (script) => {
      if (gone) throw new Error("Flink's JVM has ended");
      const line = await new Promise<string>((resolve, reject) => {
        waiting.push({ resolve, reject });
        stdin.write(`${JSON.stringify({ parallelism: 1, timeoutMs: 600_000, ...script })}\n`);
      });
      const { ok, error, statement, ...result } = JSON.parse(line);
      if (!ok) throw new FlinkScriptError(`statement ${statement}: ${error}`);
      return result as FlinkResult;
    },
    stop: async () => {
      stdin.end();
      await exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Runs one script in a JVM of its own. For several, {@link startFlink} saves the start of a JVM each. */
export async function runFlinkSql(script: FlinkScript): Promise<FlinkResult> {
  const flink = await startFlink();
  try {
    return await flink.run(script);
  } finally {
    await flink.stop();
  }
}
