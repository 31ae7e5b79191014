import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, type Provisioned } from './cache.js';
import { runTool } from './run-tool.js';

/** Node 24 from the npm package `node`, whose binary is `node_modules/node/bin/node`. */
export function provisionNode24(): Promise<Provisioned> {
  return cached('node-24', async (dir) => {
    await writeFile(join(dir, 'package.json'), '{ "private": true }');
    await runTool('npm', ['install', '--no-audit', '--no-fund', 'node@24'], { purpose: 'install Node 24', cwd: dir });
  });
}

/** The path of the binary in what {@link provisionNode24} answered. */
export function node24Binary(installed: Provisioned): string {
  return join(installed.dir, 'node_modules', 'node', 'bin', 'node');
}
