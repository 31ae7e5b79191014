/**
 * Gives back the memory that starting took. Modules are loaded, a plan is made, and then a process may do so little that V8 never looks for
 * what is left of that: 6 to 10 MiB in each, and 1 to 2 of code that ran once: what is called again is compiled again, unless it was
 * called so often that it is compiled to machine code. One collection, some seconds later, where it takes a few milliseconds: not with state.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const AFTER_MS = 5000;
/** Collections that code which isn't called outlives: what V8 has by itself. */
const OLD_AGE = 6;
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
    setFlagsFromString('--bytecode-old-age=1');
    collect();
    // Of Node 22 and later: gives the pages back, too.
    collect({ type: 'major', flavor: 'last-resort' });
    setFlagsFromString(`--bytecode-old-age=${OLD_AGE}`);
  }, afterMs).unref();
}
