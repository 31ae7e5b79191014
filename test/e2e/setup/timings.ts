/** What took how long, printed at the end of the run. */
const noted: [what: string, ms: number][] = [];

export function note(what: string, ms: number): void {
  noted.push([what, ms]);
}

/** Runs `work` and notes how long it took. */
export async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = Date.now();
  const result = await work();
  note(what, Date.now() - began);
  return result;
}

export function timings(): string {
  return noted.map(([what, ms]) => `${(ms / 1000).toFixed(1).padStart(7)} s  ${what}`).join('\n');
}
