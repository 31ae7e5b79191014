/** Lines come in by one socket and go out, in upper case, by another: real sockets, the whole engine. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runEmbedded } from '../../../cli/local/embedded.js';
import { loadJob } from '../../../runtime/job/index.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };

function listen(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
}

test('lines from a socket, by a function, into a socket; the input ends when the peer closes', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-socket-'));
  // The last line has no newline, and one is cut in two pieces.
  const input = createServer((socket) => {
    socket.write('one\ntw');
    setImmediate(() => socket.end('o\r\nthree'));
  });
  let received = '';
  const output = createServer((socket) => {
    socket.on('data', (chunk) => {
      received += chunk;
    });
  });
  try {
    const [from, to] = [await listen(input), await listen(output)];
    await writeFile(
      join(dir, 'job.yaml'),
      `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: socket }
spec:
  graph:
    nodes:
      - { name: in, source: { connector: socket, hostname: 127.0.0.1, port: "${from}", format: raw, socket.bounded: "true" } }
      - { name: upper, map: "line => line.toUpperCase()" }
      - { name: out, sink: { connector: socket, hostname: 127.0.0.1, port: "${to}", format: raw } }
`,
    );
    const job = await loadJob(join(dir, 'job.yaml'));
    const run = await runEmbedded(job, { log, stateDir: join(dir, 'state'), env: {} });
    expect(await run.coordinator.ended).toBe('finished');
    await run.close();
    expect(received).toBe('ONE\nTWO\nTHREE\n');
  } finally {
    input.close();
    output.close();
    await rm(dir, { recursive: true, force: true });
  }
});
