import { describe, expect, test } from '@jest/globals';
import { fillDefaults, type StreamJobSpec, streamJobSpec } from '../../../api/index.js';
import { classify, isOfBody } from '../../../operator/reconcile/classify.js';

const spec = (more: object = {}): StreamJobSpec =>
  fillDefaults(streamJobSpec.node, { sql: 'SELECT 1', parallelism: 2, ...more });

describe('what a difference of specs takes', () => {
  test.each([
    ['nothing', {}, { kind: 'none', restartsCoordinator: false }],
    [
      'only what the operator reads',
      { ttl: '1h', upgradeMode: 'last-state', deadlines: { stable: '1m' } },
      { kind: 'none' },
    ],
    ['parallelism', { parallelism: 3 }, { kind: 'inPlace', restartsCoordinator: false }],
    ['slots of a runner', { slotsPerRunner: 2 }, { kind: 'inPlace', restartsCoordinator: false }],
    ['checkpoint interval', { checkpoint: { interval: '1s' } }, { kind: 'inPlace', restartsCoordinator: true }],
    ['guarantee', { checkpoint: { guarantee: 'at-least-once' } }, { kind: 'upgrade' }],
    ['body', { sql: 'SELECT 2' }, { kind: 'upgrade', replacesRunners: false }],
    ['image', { image: 'x:2' }, { kind: 'upgrade', replacesRunners: true }],
    ['memory', { resources: { memory: '2Gi' } }, { kind: 'upgrade', replacesRunners: true }],
    ['restart nonce', { restartNonce: 1 }, { kind: 'upgrade', replacesRunners: false }],
    ['what may be left behind', { restore: { allowDroppedState: true } }, { kind: 'none', fields: [] }],
    ['where it begins', { restore: { from: 'savepoints/a.json' } }, { kind: 'upgrade', fields: ['restore'] }],
    ['body and parallelism', { sql: 'SELECT 2', parallelism: 4 }, { kind: 'upgrade' }],
  ])('%s', (_, more, expected) => {
    expect(classify(spec(), spec(more))).toMatchObject(expected);
  });

  test.each([
    ['the body', { sql: 'SELECT 2' }, true],
    ['the body and what only the operator reads', { sql: 'SELECT 2', ttl: '1h' }, true],
    ['the body and the image', { sql: 'SELECT 2', image: 'x:2' }, false],
    ['the body and the parallelism', { sql: 'SELECT 2', parallelism: 4 }, false],
    ['the body and where it begins', { sql: 'SELECT 2', restore: { from: 'savepoints/a.json' } }, false],
    ['a restart that is asked for', { restartNonce: 1 }, false],
    ['the parallelism', { parallelism: 3 }, false],
  ])('a change of %s: the tasks can go on in place: %#', (_, more, expected) => {
    expect(isOfBody(classify(spec(), spec(more)))).toBe(expected);
  });

  test('the order of fields, which the API server does not keep, is no difference', () => {
    const given = spec({ resources: { memory: '1Gi', cpu: '1' } });
    const back = spec({ resources: { cpu: '1', memory: '1Gi' } });
    expect(classify(given, back).kind).toBe('none');
  });
});
