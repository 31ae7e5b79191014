/**
 * V8's optimising compiler is let in when a process has something to do. One that only waits gains nothing from it, and it costs: 6 MiB
 * of the program's pages that nothing else touches, and processor time while the process starts. Of Node 24's two such compilers
 * the later one only: the other costs little.
 */
import { setFlagsFromString } from 'node:v8';

const LOOK_MS = 1000;
/** Of one core. */
const BUSY = 0.15;
/** Starting is not what it is for: modules are loaded and a plan is made, each line of them once. */
const START_MS = 3000;

/** For the whole process, so only where no thread has rows to work on. From the first busy second on, things are as they always are. */
export function optimizeWhenBusy(startMs = START_MS, lookMs = LOOK_MS): void {
  setFlagsFromString('--no-opt');
  let before: NodeJS.CpuUsage | undefined;
  let beforeMs = 0;
  const look = () => {
    const used = before && process.cpuUsage(before);
    const spentMs = performance.now() - beforeMs;
    if (used && (used.user + used.system) / 1000 > BUSY * spentMs) return setFlagsFromString('--opt');
    before = process.cpuUsage();
    beforeMs = performance.now();
    setTimeout(look, lookMs).unref();
    return;
  };
  setTimeout(look, startMs).unref();
}
