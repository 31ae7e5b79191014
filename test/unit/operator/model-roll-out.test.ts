/** Step by step: what a roll-out does with what is seen of the new version. Times and shares are worked out by hand. */
import { describe, expect, test } from '@jest/globals';
import { fillDefaults, type ModelDeploymentSpec, modelDeploymentSpec } from '../../../api/index.js';
import { decideServers, type ServerLoad, type ServerScaler } from '../../../operator/models/autoscale-servers.js';
import { type CandidateView, rollOut, type StatusDraft, type StepWindow } from '../../../operator/models/roll-out.js';
import type { QualityReport } from '../../../runtime/model/index.js';

function specOf(written: object): ModelDeploymentSpec {
  const base = { model: 'm', storage: { local: { path: '/s' } } };
  return fillDefaults(modelDeploymentSpec.node, { ...base, ...written }) as ModelDeploymentSpec;
}

const window = (w: Partial<StepWindow>): StepWindow => ({ requests: 0, errors: 0, mirrored: 0, mismatches: 0, ...w });
const READY: CandidateView = { isReady: true, window: window({}) };

/** One deployment over time. */
class Life {
  status: StatusDraft = {};
  generation = 1;
  ms = 1_000_000;
  constructor(public spec: ModelDeploymentSpec) {}

  edit(written: object): this {
    this.spec = specOf(written);
    this.generation++;
    return this;
  }

  look(candidate: CandidateView, afterMs = 0) {
    this.ms += afterMs;
    const plan = rollOut(this.spec, this.generation, this.status, candidate, this.ms);
    return {
      shares: plan.shares.map((s) => `${s.version}:${s.mirror ? 'copy' : s.weight}`),
      reasons: plan.events.map((e) => e.reason),
    };
  }
}

/** Version 1 serves. */
function serving(written: object = {}): Life {
  const life = new Life(specOf({ version: '1', ...written }));
  life.look({ isReady: false });
  life.look(READY);
  return life;
}

test('the first version serves as soon as it is ready, without steps', () => {
  const life = new Life(specOf({ version: '1' }));
  expect(life.look({ isReady: false })).toEqual({ shares: ['1:0'], reasons: ['RollOutStarted'] });
  expect(life.look({ isReady: true })).toEqual({ shares: ['1:100'], reasons: ['RolledOut'] });
  expect(life.status).toMatchObject({ version: '1', rollout: undefined });
});

test('steps last their interval and need their requests', () => {
  const life = serving().edit({ version: '2', canary: { steps: [5, 40], interval: '10s', minRequests: 50 } });
  expect(life.look({ isReady: false }).shares).toEqual(['1:100', '2:0']);
  expect(life.look(READY).shares).toEqual(['1:95', '2:5']);
  const enough = { isReady: true, window: window({ requests: 50 }) };
  expect(life.look(enough, 9_999).shares).toEqual(['1:95', '2:5']);
  expect(life.look({ isReady: true, window: window({ requests: 49 }) }, 1).shares).toEqual(['1:95', '2:5']);
  expect(life.look(enough).shares).toEqual(['1:60', '2:40']);
  expect(life.look({ isReady: true }, 10_000).shares).toEqual(['1:60', '2:40']);
  expect(life.look(enough)).toEqual({ shares: ['2:100'], reasons: ['RolledOut'] });
  expect(life.status).toMatchObject({ version: '2', lastRolloutSeconds: 20 });
});

describe('a version is refused', () => {
  const refused = (candidate: CandidateView, canary: object, afterMs = 0) => {
    const life = serving().edit({ version: '2', canary: { steps: [50], interval: '1h', ...canary } });
    life.look(READY);
    const seen = life.look(candidate, afterMs);
    return { ...seen, reason: life.status.refused?.reason, life };
  };

  test('when more requests fail than may', () => {
    const may = { isReady: true, window: window({ requests: 200, errors: 2 }) };
    expect(refused(may, { maxErrorRate: 0.01 }).reason).toBeUndefined();
    const over = { isReady: true, window: window({ requests: 200, errors: 3 }) };
    expect(refused(over, { maxErrorRate: 0.01 })).toMatchObject({ reason: 'TooManyErrors', shares: ['1:100'] });
  });

  test('by one failure among few requests it is not, by three it is', () => {
    expect(refused({ isReady: true, window: window({ requests: 4, errors: 1 }) }, {}).reason).toBeUndefined();
    expect(refused({ isReady: true, window: window({ requests: 4, errors: 3 }) }, {}).reason).toBe('TooManyErrors');
  });

  test('when it is too slow', () => {
    const at = (p99Ms: number) => ({ isReady: true, window: window({ requests: 100, p99Ms }) });
    expect(refused(at(20), { maxLatency: '20ms' }).reason).toBeUndefined();
    expect(refused(at(20.1), { maxLatency: '20ms' }).reason).toBe('TooSlow');
  });

  test('when its answers differ', () => {
    const at = (mismatches: number) => ({ isReady: true, window: window({ mirrored: 100, mismatches }) });
    const canary = { steps: [0], maxMismatchRate: 0.1 };
    expect(refused(at(10), canary).reason).toBeUndefined();
    expect(refused(at(11), canary).reason).toBe('AnswersDiffer');
  });

  test('when it is not ready in time, with what keeps its pods', () => {
    const life = serving().edit({ version: '2', readyDeadline: '30s' });
    life.look({ isReady: false });
    expect(life.look({ isReady: false }, 29_999).shares).toEqual(['1:100', '2:0']);
    life.look({ isReady: false, problem: 'image can’t be pulled' }, 1);
    expect(life.status.refused).toMatchObject({ reason: 'NotReadyInTime', message: 'image can’t be pulled' });
  });

  test('for good, until the spec is edited', () => {
    const { life } = refused({ isReady: true, failure: 'cut short' }, {});
    expect(life.look(READY, 3_600_000)).toEqual({ shares: ['1:100'], reasons: [] });
    life.edit({ version: '2', canary: { steps: [50] } });
    expect(life.look(READY).shares).toEqual(['1:50', '2:50']);
    expect(life.status.refused).toBeUndefined();
  });
});

test('a newer edit pre-empts a roll-out: to a third version, and back', () => {
  const life = serving().edit({ version: '2', canary: { steps: [50] } });
  life.look(READY);
  life.edit({ version: '3', canary: { steps: [50] } });
  expect(life.look({ isReady: false })).toEqual({
    shares: ['1:100', '3:0'],
    reasons: ['RollOutAborted', 'RollOutStarted'],
  });
  life.edit({ version: '1' });
  expect(life.look(READY)).toEqual({ shares: ['1:100'], reasons: ['RollOutAborted'] });
});

test('an edit of something else does not begin the roll-out anew', () => {
  const life = serving().edit({ version: '2', canary: { steps: [10, 50], interval: '10s' } });
  life.look(READY);
  life.edit({ version: '2', replicas: 2, canary: { steps: [10, 50], interval: '10s' } });
  expect(life.look(READY, 10_000).shares).toEqual(['1:50', '2:50']);
});

describe('gates on measured quality', () => {
  const gates = [{ quality: { metric: 'Accuracy', atLeast: 0.9, worseThanStableBy: 0.02, minSamples: 500 } }];
  const canary = { steps: [50], interval: '10s', gates };
  const report = (
    version: string,
    value: number,
    samples: number,
    measuredMs: number,
    source = 'job',
  ): QualityReport => ({
    kind: 'tidewheel-quality',
    reportVersion: 1,
    model: 'm',
    version,
    source,
    metrics: { Accuracy: { value, biggerIsBetter: true } },
    samples,
    measuredAt: new Date(measuredMs).toISOString(),
  });
  const begun = (written: object = {}) => {
    const life = serving().edit({ version: '2', canary: { ...canary, ...written } });
    life.look(READY);
    return life;
  };
  const seen = (candidate: QualityReport[], stable: QualityReport[] = []): CandidateView => ({
    ...READY,
    quality: { candidate, stable },
  });

  test('hold a version at its step until it is measured', () => {
    const life = begun();
    expect(life.look(seen([]), 60_000).shares).toEqual(['1:50', '2:50']);
    expect(life.look(seen([report('2', 0.95, 499, life.ms)])).shares).toEqual(['1:50', '2:50']);
    expect(life.look(seen([report('2', 0.95, 500, life.ms)])).reasons).toEqual(['RolledOut']);
  });

  test('do not count what was measured before the roll-out', () => {
    const life = begun();
    expect(life.look(seen([report('2', 0.1, 9000, life.ms - 1)]), 60_000).shares).toEqual(['1:50', '2:50']);
  });

  test('go back at once, also within the step', () => {
    const low = begun();
    expect(low.look(seen([report('2', 0.89, 500, low.ms)])).shares).toEqual(['1:100']);
    expect(low.status.refused).toMatchObject({
      version: '2',
      reason: 'QualityTooLow',
      message: 'its Accuracy is 0.89 on 500 labelled rows (job); at least 0.9 is asked',
    });
    const worse = begun();
    const stable = [report('1', 0.99, 800, 0), report('1', 0.5, 800, 0, 'other job')];
    worse.look(seen([report('2', 0.969, 500, worse.ms)], stable));
    expect(worse.status.refused?.message).toBe(
      'its Accuracy is 0.969 on 500 labelled rows (job); the version before has 0.99, and it may be worse by 0.02',
    );
    const near = begun();
    expect(near.look(seen([report('2', 0.971, 500, near.ms)], stable), 10_000).reasons).toEqual(['RolledOut']);
  });

  test('refuse what nobody measures in time, where a time is given', () => {
    const life = begun({ gates: [{ quality: { metric: 'Accuracy', atLeast: 0.9, minSamples: 500, deadline: '1m' } }] });
    life.look(seen([]), 60_000);
    expect(life.status.rollout).toBeDefined();
    life.look(seen([]), 1);
    expect(life.status.refused).toMatchObject({
      reason: 'NotMeasured',
      message: 'no job has measured its Accuracy within 1m',
    });
  });

  test('errors are better when they are less', () => {
    const life = begun({ gates: [{ quality: { metric: 'MAE', worseThanStableBy: 0.5, minSamples: 10 } }] });
    const mae = (version: string, value: number): QualityReport => ({
      ...report(version, 0, 100, life.ms),
      metrics: { MAE: { value, biggerIsBetter: false } },
    });
    expect(life.look(seen([mae('2', 2.5)], [mae('1', 2)])).shares).toEqual(['1:50', '2:50']);
    expect(life.look(seen([mae('2', 2.51)], [mae('1', 2)])).shares).toEqual(['1:100']);
  });

  test('go back after the take-over too, while the version is watched', () => {
    const life = begun({ watch: '1m' });
    life.look(seen([report('2', 0.95, 500, life.ms)]), 10_000);
    expect(life.status).toMatchObject({ version: '2', watch: { previous: '1' } });
    expect(life.look(seen([report('2', 0.95, 900, life.ms)]), 30_000).shares).toEqual(['2:100', '1:0']);
    expect(life.look(seen([report('2', 0.6, 1900, life.ms)]))).toEqual({
      shares: ['1:100'],
      reasons: ['QualityTooLow'],
    });
    expect(life.status).toMatchObject({ version: '1', refused: { version: '2' }, watch: undefined });
    expect(life.look(READY, 3_600_000).shares).toEqual(['1:100']);
  });

  test('a version that was watched without harm stays, and the one before is taken away', () => {
    const life = begun({ watch: '1m' });
    life.look(seen([report('2', 0.95, 500, life.ms)]), 10_000);
    expect(life.look(READY, 59_999).shares).toEqual(['2:100', '1:0']);
    expect(life.look(READY, 1).shares).toEqual(['2:100']);
    expect(life.status.watch).toBeUndefined();
  });
});

describe('the newest version of the registry', () => {
  const life = () => new Life(specOf({ follow: 'latest', canary: { steps: [50], interval: '10s' } }));

  test('is waited for, and rolled out by the canary as each comes', () => {
    const l = life();
    expect(l.look({ isReady: false }).shares).toEqual(['promoted:0']);
    expect(l.look({ isReady: false }, 3_600_000).shares).toEqual(['promoted:0']);
    l.status.latest = '1';
    expect(l.look({ isReady: false }).shares).toEqual(['1:0']);
    expect(l.look(READY).shares).toEqual(['1:100']);
    l.status.latest = '2';
    l.look({ isReady: false });
    expect(l.look(READY).shares).toEqual(['1:50', '2:50']);
  });

  test('waits for the end of the roll-out that is going on', () => {
    const l = life();
    l.status.latest = '1';
    l.look(READY);
    l.status.latest = '2';
    l.look(READY);
    l.status.latest = '3';
    expect(l.look(READY).shares).toEqual(['1:50', '2:50']);
    expect(l.look(READY, 10_000).shares).toEqual(['2:100']);
    expect(l.look(READY).shares).toEqual(['2:50', '3:50']);
  });

  test('that was refused is not tried again, the next one is', () => {
    const l = life();
    l.status.latest = '1';
    l.look(READY);
    l.status.latest = '2';
    l.look({ isReady: false, failure: 'cut short' });
    expect(l.status.refused?.version).toBe('2');
    expect(l.look(READY, 3_600_000)).toEqual({ shares: ['1:100'], reasons: [] });
    l.status.latest = '3';
    expect(l.look(READY).reasons).toContain('RollOutStarted');
  });
});

describe('servers by several targets', () => {
  const over = (autoscaling: object, loads: readonly ServerLoad[], resources = {}) => {
    const spec = specOf({ version: '1', resources, autoscaling: { maxReplicas: 10, ...autoscaling } });
    const memory: ServerScaler = { history: [], requests: 0 };
    let current = 1;
    let last: ReturnType<typeof decideServers>;
    for (const [s, load] of loads.entries()) {
      last = decideServers(spec, current, load, memory, s * 1000);
      current = last!.wanted;
    }
    return last;
  };
  const seconds = (count: number, load: (s: number) => ServerLoad) => Array.from({ length: count }, (_, s) => load(s));

  test('by requests per second', () => {
    const loads = seconds(12, (s) => ({ inFlight: 50, requests: 90 * s }));
    expect(over({ targetRequestsPerSecond: 20 }, loads)).toEqual({
      wanted: 5,
      reason: 'RequestsPerSecond',
      message: '90 requests/s, 20 a pod: 5 pods',
    });
  });

  test('by processor time, in percent of what a pod asks for', () => {
    // 2.4 cores in use; half of 1500m is 0.75 a pod: 3.2.
    const loads = seconds(12, (s) => ({ inFlight: 1, requests: 9 * s, cpuSeconds: 2.4 * s }));
    expect(over({ targetCpu: 50 }, loads, { cpu: '1500m' })).toEqual({
      wanted: 4,
      reason: 'Cpu',
      message: '2.4 cores in use, 0.75 a pod: 4 pods',
    });
  });

  test('the one that wants most counts, within the bounds', () => {
    const loads = seconds(12, (s) => ({ inFlight: 60, requests: 90 * s, cpuSeconds: s }));
    const targets = { targetConcurrency: 8, targetRequestsPerSecond: 20, targetCpu: 100 };
    expect(over(targets, loads, { cpu: 1 })).toMatchObject({ wanted: 8, reason: 'Concurrency' });
    expect(over({ ...targets, maxReplicas: 6 }, loads, { cpu: 1 })).toEqual({
      wanted: 6,
      reason: 'MaxReplicas',
      message: '60 requests in flight, 8 a pod: 8 pods; maxReplicas is 6',
    });
  });

  test('a counter that begins anew is no load', () => {
    const loads = seconds(12, (s) => ({ inFlight: 0, requests: s < 6 ? 1_000_000 + s : s - 6 }));
    expect(over({ targetRequestsPerSecond: 20 }, loads)!.wanted).toBe(1);
  });

  test('says that it keeps pods for the cooldown', () => {
    const loads = seconds(5, (s) => ({ inFlight: s < 3 ? 30 : 0, requests: s }));
    expect(over({ targetConcurrency: 10, minReplicas: 0 }, loads)).toEqual({
      wanted: 3,
      reason: 'Cooldown',
      message: 'few requests: 1 pod; 3 were wanted within the last 1m',
    });
  });
});

describe('servers by load', () => {
  const spec = specOf({
    version: '1',
    autoscaling: { minReplicas: 0, maxReplicas: 4, targetConcurrency: 10, cooldown: '60s' },
  });
  const over = (loads: readonly [number, number, number][]) => {
    const memory: ServerScaler = { history: [], requests: 0 };
    let current = 1;
    return loads.map(
      ([atS, inFlight, requests]) =>
        (current = decideServers(spec, current, { inFlight, requests }, memory, atS * 1000)!.wanted),
    );
  };

  test('up at once, within the bounds', () => {
    expect(
      over([
        [0, 5, 1],
        [1, 11, 20],
        [2, 95, 90],
      ]),
    ).toEqual([1, 2, 4]);
  });

  test('down to what was wanted at most over the cooldown', () => {
    const seconds = Array.from({ length: 130 }, (_, s) => s);
    const wanted = over(seconds.map((s) => [s, s === 0 ? 35 : s < 70 ? 15 : 0, Math.min(s, 70)]));
    // 35 in flight are forgotten after 60 s, 15 (last seen at 69 s) at 129 s; the request counted at 70 s keeps one.
    expect([0, 59, 60, 128, 129].map((s) => wanted[s])).toEqual([4, 4, 2, 2, 1]);
  });

  test('down also where the cooldown is hardly longer than the time between two looks', () => {
    const short = specOf({ version: '1', autoscaling: { minReplicas: 0, maxReplicas: 4, cooldown: '1500ms' } });
    const memory: ServerScaler = { history: [], requests: 0 };
    const load = { inFlight: 0, requests: 0 };
    expect([0, 1000, 2000].map((ms) => decideServers(short, 1, load, memory, ms)!.wanted)).toEqual([1, 1, 0]);
  });

  test('to zero only without any request', () => {
    const idle = over(Array.from({ length: 120 }, (_, s) => [s, 0, 5]));
    expect(idle.at(-1)).toBe(0);
    const trickle = over(Array.from({ length: 120 }, (_, s) => [s, 0, s]));
    expect(trickle.at(-1)).toBe(1);
  });
});
