/**
 * `node dist/test/harness/flink/run-script.js FILE... [--mode=batch|streaming] [--parallelism=1] [--output=FILE]`: runs
 * Flink SQL files one after the other in one JVM and prints a line of JSON with time and CPU for each.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startFlink } from './start-flink.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mode: { type: 'string', default: 'streaming' },
    parallelism: { type: 'string', default: '1' },
    output: { type: 'string' },
  },
});
const flink = await startFlink();
try {
  for (const file of positionals) {
    const result = await flink.run({
      script: await readFile(file, 'utf8'),
      mode: values.mode === 'batch' ? 'batch' : 'streaming',
      parallelism: Number(values.parallelism),
      output: values.output,
    });
    console.log(JSON.stringify({ file, ...result }));
  }
} finally {
  await flink.stop();
}
