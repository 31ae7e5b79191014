/**
 * Gives back the memory that starting took. Modules are loaded, a plan is made, and then a process may do so little that V8 never looks for
 * what is left of that: 6 to 10 MiB in each. One collection, some seconds later, where it takes a few milliseconds: not with state.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const AFTER_MS = 5000;
/** A collection takes about a millisecond for each of them. */
const MOST_BYTES = 32 << 20;

/** Of this thread. Keeps no process from ending. */
export function collectAfterStart(afterMs = AFTER_MS, mostBytes = MOST_BYTES): void {
  setTimeout(() => {
    if (getHeapStatistics().used_heap_size > mostBytes) return;
    // Contexts made from here on have it: this one ours.
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as (how?: object) => void;
    setFlagsFromString('--no-expose-gc');
    collect();
    // Of Node 22 and later: gives the pages back, too.
    collect({ type: 'major', flavor: 'last-resort' });
  }, afterMs).unref();
}
