/** One memory number → the parts of a Node process. */

const MIB = 1024 * 1024;

export interface MemorySplit {
  readonly oldSpaceMiB: number;
  readonly semiSpaceMiB: number;
}

/**
 * What is left for heaps after code, stacks and buffers outside the heap (60 MiB and a quarter), shared by the threads: each slot
 * has a heap of its own.
 */
export function splitMemory(bytes: number, threads: number): MemorySplit {
  const total = bytes / MIB;
  const heaps = Math.max(48, (total - 60) * 0.75);
  const perThread = heaps / Math.max(1, threads);
  const semiSpaceMiB = perThread >= 400 ? 32 : perThread >= 150 ? 16 : 4;
  return { oldSpaceMiB: Math.max(32, Math.floor(perThread - 2 * semiSpaceMiB)), semiSpaceMiB };
}

/** As NODE_OPTIONS has it. */
export function nodeOptions(split: MemorySplit): string {
  return `--max-old-space-size=${split.oldSpaceMiB} --max-semi-space-size=${split.semiSpaceMiB}`;
}
