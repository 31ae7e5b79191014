/** TensorFlow itself, through tfjs-node, where it can be built; and what happens where it is not there. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { buildTfjsNode } from '../../../scripts/build-tfjs-node.js';

const PROGRAM = fileURLToPath(new URL('./answer-with.js', import.meta.url));
const BUILD_MS = 600_000;

async function differences(...args: string[]): Promise<Record<string, number | string>> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' },
    maxBuffer: 1 << 24,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string);
}

describe('tfjs-node', () => {
  let path: string | undefined;
  beforeAll(() => {
    try {
      path = buildTfjsNode();
    } catch (error) {
      // Said, so that nobody takes a skipped check for a passed one.
      console.warn(`tfjs-node is not checked: ${(error as Error).message}`);
    }
  }, BUILD_MS);

  test('answers every model of TensorFlow, SavedModel too, as Python does', async () => {
    if (path === undefined) return;
    const seen = await differences('tfjs-node', path);
    expect(Object.keys(seen).length).toBeGreaterThanOrEqual(16);
    expect(Object.entries(seen).filter(([, worst]) => !(typeof worst === 'number' && worst < 1e-5))).toEqual([]);
    expect(seen).toHaveProperty('saved-model');
  });
});

test('where it is missing WebAssembly answers them, and SavedModel says what it needs', async () => {
  const seen = await differences('tfjs-wasm');
  const { 'saved-model': saved, ...others } = seen;
  expect(Object.entries(others).filter(([, worst]) => !(typeof worst === 'number' && worst < 1e-5))).toEqual([]);
  expect(saved).toMatch(/^TW7206: .*tfjs-node/);
});
