/** Step by step: what a roll-out does with what is seen of the new version. Times and shares are worked out by hand. */
import { describe, expect, test } from '@jest/globals';
import { fillDefaults, type ModelDeploymentSpec, modelDeploymentSpec } from '../../../api/index.js';
import { type ServerScaler, wantedServers } from '../../../operator/models/autoscale-servers.js';
import { type CandidateView, rollOut, type StatusDraft, type StepWindow } from '../../../operator/models/roll-out.js';

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
        (current = wantedServers(spec, current, { inFlight, requests }, memory, atS * 1000)),
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
    expect([0, 1000, 2000].map((ms) => wantedServers(short, 1, load, memory, ms))).toEqual([1, 1, 0]);
  });

  test('to zero only without any request', () => {
    const idle = over(Array.from({ length: 120 }, (_, s) => [s, 0, 5]));
    expect(idle.at(-1)).toBe(0);
    const trickle = over(Array.from({ length: 120 }, (_, s) => [s, 0, s]));
    expect(trickle.at(-1)).toBe(1);
  });
});
