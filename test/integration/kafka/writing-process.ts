/**
 * A writer in a process of its own, to be killed: `node writing-process.js BOOTSTRAP TOPIC ATTEMPT`. It writes and cuts one
 * transaction, then leaves rows of a second one open. Lines on stdout: the committables as JSON, then 'open'. Each line on
 * stdin is written as a row and answered with 'wrote', or with the code of the failure.
 */
import { createInterface } from 'node:readline';
import { RowWriter } from './row-writer.js';

const [bootstrap, topic, attempt] = process.argv.slice(2);
const writer = await new RowWriter({ bootstrap, topic, guarantee: 'exactly-once', attempt: Number(attempt) }).open();
for (let n = 0; n < 100; n++) writer.write(`cut ${n}`);
console.log(JSON.stringify(await writer.cut()));
for (let n = 0; n < 10; n++) writer.write(`never cut ${n}`);
writer.writer.flush();
// Offsets are taken when a later transaction of the partition is read: so these have arrived when the line is out.
await new Promise((resolve) => setTimeout(resolve, 300));
console.log('open');
for await (const line of createInterface({ input: process.stdin })) {
  writer.write(line);
  try {
    await writer.cut();
    console.log('wrote');
  } catch (error) {
    console.log((error as { code?: string }).code ?? String(error));
  }
}
