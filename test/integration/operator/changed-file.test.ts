/**
 * A coordinator that has gone on with a changed file in place, and dies before its own objects say so: what follows is started with the old
 * file, and stopped the tasks of the new one to go on with the old body.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StreamJob } from '../../../api/index.js';
import { fileHash, jobFile } from '../../../operator/resources/deployed.js';
import { IdsCluster } from './ids-job.js';

let ids: IdsCluster;

beforeAll(async () => {
  ids = await IdsCluster.start();
});

afterAll(() => ids.stop());

const spec = { parallelism: 2, deadlines: { stable: '1s', start: '30s' } };
const runners = () => ids.runnerPids();

async function call(path: string, body?: object): Promise<any> {
  const port = ids.cluster.api.services.get('ids-coordinator');
  const method = body ? 'POST' : 'GET';
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/job${path}`, { method, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

/** Resolves with what the coordinator says once it runs the job. */
async function coordinatorRuns(): Promise<any> {
  for (;;) {
    const view = await call('').catch(() => undefined);
    if (view?.state === 'running' && view.upgrade?.pauseMs !== undefined) return view;
    await pause(20);
  }
}

/** What the operator sends for that query, the operator being away. */
async function changeTo(where: string, savepoint: string): Promise<string> {
  const job = structuredClone(ids.cluster.job('ids')) as StreamJob;
  const changed = { ...filled(job), sql: ids.sql({ where }) };
  const id = fileHash(job, changed as never);
  await call('/upgrade', { file: jobFile(job, changed as never), savepoint, id });
  return id;
}

/** The spec with its defaults, as the operator sees it. */
function filled(job: StreamJob): object {
  const annotation = ids.cluster.api.get('deployments', 'ids-coordinator')?.metadata.annotations;
  const text = annotation?.['tidewheel.dev/deployment'];
  return text ? JSON.parse(text).spec : job.spec;
}

test('its successor goes on with the new file and finds the tasks running; the operator brings the objects to it', async () => {
  ids.apply(spec);
  await ids.untilRuns();
  await ids.comesOn();
  await ids.cluster.operator?.stop();
  const id = await changeTo('WHERE id >= 0', 'by-hand');
  const [before, coordinator] = [runners(), ids.cluster.kubelet.pid('ids-coordinator-pod')!];
  const { attempt } = await coordinatorRuns();
  process.kill(coordinator, 'SIGKILL');
  await ids.until('a successor', () => {
    const pid = ids.cluster.kubelet.pid('ids-coordinator-pod');
    return pid !== undefined && pid !== coordinator;
  });
  const view = await coordinatorRuns();
  expect(view).toMatchObject({ attempt, restarts: 0, upgrade: { id, location: 'savepoints/by-hand.json' } });
  expect(runners()).toEqual(before);
  await ids.comesOn();
  ids.apply(spec, { where: 'WHERE id >= 0' });
  await ids.cluster.startOperator();
  await ids.untilRuns();
  await ids.comesOn();
  expect(runners()).toEqual(before);
  expect(ids.wrongRows().repeated).toEqual([]);
});

test('one that dies while its tasks come up has a successor that brings them up with the new file', async () => {
  await ids.cluster.operator?.stop();
  const coordinator = ids.cluster.kubelet.pid('ids-coordinator-pod')!;
  const asked = changeTo('WHERE id >= -1', 'half-way').catch(() => {});
  await ids.until('the savepoint', () => ids.stored('savepoints').includes('half-way.json'));
  process.kill(coordinator, 'SIGKILL');
  await asked;
  await ids.until('a successor', () => {
    const pid = ids.cluster.kubelet.pid('ids-coordinator-pod');
    return pid !== undefined && pid !== coordinator;
  });
  const view = await coordinatorRuns();
  expect(view.upgrade.location).toBe('savepoints/half-way.json');
  await ids.comesOn();
  // Not what is wanted by now: it is changed back.
  await ids.cluster.startOperator();
  await ids.until('changed back', () => ids.status().change?.completedAt !== undefined && ids.runs());
  await ids.comesOn();
  expect(ids.wrongRows().repeated).toEqual([]);
});
