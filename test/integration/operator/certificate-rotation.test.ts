/** Certificates that live for seconds: the job runs through several of them and a new authority, in the same processes. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { IdsCluster } from './ids-job.js';

/** 300 a second: for twice as long as it takes until a new authority signs. */
const ROWS = 15_000;
let ids: IdsCluster;

beforeAll(async () => {
  ids = await IdsCluster.start();
});

afterAll(() => ids.stop());

const secret = (name: string, file: string) => Buffer.from(ids.cluster.api.get('secrets', name).data[file], 'base64');
const leaf = () => new X509Certificate(secret('ids-tls', 'tls.crt'));
const authority = () => new X509Certificate(secret('ids-ca', 'tls.crt'));
const pods = ['ids-coordinator-pod', 'ids-runner-0', 'ids-runner-1'];
const pids = () => pods.map((name) => ids.cluster.kubelet.pid(name));

/** The certificate that the coordinator's control port shows to whoever comes with the job's files. */
function shown(): Promise<X509Certificate | undefined> {
  const read = (file: string) => readFileSync(join(ids.dir, 'ids-runner-0', 'tls', file));
  return new Promise((resolve) => {
    const socket = connect({
      ...{ host: '127.0.0.1', port: ids.cluster.kubelet.controlPort('ids-coordinator')! },
      ...{ ca: read('ca.crt'), cert: read('tls.crt'), key: read('tls.key'), checkServerIdentity: () => undefined },
    });
    socket.once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate());
      socket.destroy();
    });
    socket.once('error', () => resolve(undefined));
  });
}

test('certificates and their authority are renewed while the job runs, and no process is started anew for it', async () => {
  // Authorities live for twelve times as long: 36 s, of which the first is due after 24.
  const tls = { certificateLifetime: '3s' };
  ids.apply({ parallelism: 2, tls }, { rows: ROWS });
  await ids.untilRuns();
  const before = { leaf: leaf(), authority: authority(), pids: pids() };
  await ids.until('the leaf has expired', () => Date.now() > Date.parse(before.leaf.validTo) + 1000);
  let now: X509Certificate | undefined;
  while (now === undefined || Date.parse(now.validTo) < Date.now()) now = await shown();
  expect(now.fingerprint256).not.toBe(before.leaf.fingerprint256);
  // New connections: a third runner comes, meets the other two and takes a share of the work.
  ids.apply({ parallelism: 3, tls }, { rows: ROWS });
  await ids.untilRuns();
  expect(pids()).toEqual(before.pids);

  await ids.until('a new authority signs', () => authority().fingerprint256 !== before.authority.fingerprint256);
  process.kill(ids.cluster.kubelet.pid('ids-runner-2')!, 'SIGKILL');
  const rows = ids.rows().length;
  await ids.until('rows after a runner was killed', () => ids.rows().length > rows + 300);
  expect(pids()).toEqual(before.pids);
  await ids.until('completed', () => ids.status().phase === 'Completed');
  expect(ids.rows()).toEqual(Array.from({ length: ROWS }, (_, id) => id));
}, 100_000);
