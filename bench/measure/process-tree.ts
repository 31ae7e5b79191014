/** What a process and its children use, as Linux counts it. */

import { type ChildProcess, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const SAMPLE_MS = 50;

export interface Usage {
  readonly wallS: number;
  /** User and system time of the process and all its descendants. */
  readonly cpuS: number;
  /** Sum of the peaks of the processes that were alive at the same time. */
  readonly peakRssMb: number;
  /** CPU seconds of the first process's threads, its main thread first, the others by what they used. */
  readonly threadsCpuS?: readonly number[];
}

let ticksPerSecond = 0;

function ticks(): number {
  ticksPerSecond ||= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return ticksPerSecond;
}

/** CPU seconds of all children of this process that have ended and were waited for, with theirs. */
function endedChildrenCpuS(): number {
  const fields = statFields('self');
  return (Number(fields[13]) + Number(fields[14])) / ticks();
}

/** Fields of /proc/PID/stat behind the name of the command; the first one is the state. */
function statFields(pid: string): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** A process and its descendants. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(statFields(name)[1]));
    } catch {
      // It ended meanwhile.
    }
  }
  const tree = [root];
  for (let i = 0; i < tree.length; i++) for (const [pid, parent] of parents) if (parent === tree[i]) tree.push(pid);
  return tree;
}

/** Peak resident memory of a process so far, in MiB; 0 when it is gone. */
export function peakRssMb(pid: number): number {
  try {
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return match ? Number(match[1]) / 1024 : 0;
  } catch {
    return 0;
  }
}

/** CPU seconds of a process so far; 0 when it is gone. */
export function processCpuS(pid: number): number {
  try {
    const fields = statFields(String(pid));
    return (Number(fields[11]) + Number(fields[12])) / ticks();
  } catch {
    return 0;
  }
}

/** CPU seconds so far of a process's threads, by id; that of the main thread is the process's. */
function threadCpuS(pid: number, into: Map<number, number>): void {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const [ranNs] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ');
      into.set(Number(thread), Number(ranNs) / 1e9);
    }
  } catch {
    // It ended meanwhile, or the system doesn't count.
  }
}

/**
 * Waits for a child that was just started and says what its tree used. One child at a time: the system counts children that ended
 * together.
 */
export async function measureChild(child: ChildProcess): Promise<Usage & { code: number | null }> {
  const started = performance.now();
  const before = endedChildrenCpuS();
  const peaks = new Map<number, number>();
  const threads = new Map<number, number>();
  const sampler = setInterval(() => {
    threadCpuS(child.pid!, threads);
    for (const pid of processTree(child.pid!)) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, peakRssMb(pid)));
  }, SAMPLE_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', (exitCode) => resolve(exitCode));
  }).finally(() => clearInterval(sampler));
  const total = [...peaks.values()].reduce((sum, peak) => sum + peak, 0);
  const wallS = (performance.now() - started) / 1000;
  const main = threads.get(child.pid!) ?? 0;
  threads.delete(child.pid!);
  const threadsCpuS = [main, ...[...threads.values()].sort((a, b) => b - a)];
  return { code, wallS, cpuS: endedChildrenCpuS() - before, peakRssMb: total, threadsCpuS };
}
