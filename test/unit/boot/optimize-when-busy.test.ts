import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const MODULE = new URL('../../../runtime/boot/optimize-when-busy.js', import.meta.url).href;

/** In a process of its own, as it is for the whole of one. Bit 6 of V8's answer: compiled by TurboFan. */
const PROGRAM = `
  const { optimizeWhenBusy } = await import('${MODULE}');
  optimizeWhenBusy(100, 50);
  const sum = (n) => { let s = 0; for (let i = 0; i < n; i++) s += (i * 7) % 13; return s; };
  const isOptimized = () => (%GetOptimizationStatus(sum) & 64) !== 0;
  const work = () => { for (let i = 0; i < 2000; i++) sum(1000); };
  work();
  const whileIdle = isOptimized();
  const untilMs = Date.now() + 10_000;
  while (!isOptimized() && Date.now() < untilMs) {
    work();
    await new Promise((resolve) => setTimeout(resolve));
  }
  console.log(JSON.stringify([whileIdle, isOptimized()]));
`;

test('hot code is left to the simpler compilers until the process has been busy for a while', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--allow-natives-syntax', '--input-type=module', '--eval', PROGRAM],
    { timeout: 60_000 },
  );
  expect(JSON.parse(stdout)).toEqual([false, true]);
});
