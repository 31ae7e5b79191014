import { describe, expect, test } from '@jest/globals';
import {
  fillDefaults,
  type Problem,
  type StreamJobSpec,
  showPath,
  streamJobSpec,
  validate,
} from '../../../api/index.js';

const lines = (problems: Problem[]) =>
  problems.map((p) => `${showPath(p.path)}: ${p.code}: ${p.message}${p.hint ? `. ${p.hint}` : ''}`);
const problemsOf = (spec: unknown) => lines(validate(streamJobSpec.node, spec));

describe('a StreamJob spec', () => {
  test('with one body needs nothing else', () => {
    expect(problemsOf({ sql: 'SELECT 1' })).toEqual([]);
  });

  test('gets its defaults, nested ones too', () => {
    const spec: StreamJobSpec = fillDefaults(streamJobSpec.node, { sql: 'x', checkpoint: { interval: '1s' } });
    expect(spec).toMatchObject({
      parallelism: 1,
      maxParallelism: 128,
      mode: 'streaming',
      upgradeMode: 'savepoint',
      checkpoint: { interval: '1s', guarantee: 'exactly-once', mode: 'aligned', tolerableFailures: 3 },
      restart: { kind: 'exponential', initialDelay: '100ms' },
      savepoint: { history: { count: 10 } },
    });
  });

  test('takes null for a field that is left out, as the API server does', () => {
    expect(fillDefaults(streamJobSpec.node, { sql: 'x', graph: null, parallelism: null })).toMatchObject({
      sql: 'x',
      parallelism: 1,
    });
    expect(fillDefaults(streamJobSpec.node, { sql: 'x', graph: null })).not.toHaveProperty('graph');
  });

  test.each([
    ['no body', {}, ': TW1006: exactly one of sql, graph and program must be set'],
    ['a body that is null', { sql: null }, ': TW1006: exactly one of sql, graph and program must be set'],
    [
      'memory below nothing',
      { sql: 'x', resources: { memory: '-1Gi' } },
      "resources.memory: TW1004: 'resources.memory' must be an amount of memory such as 512Mi or 2Gi, not '-1Gi'",
    ],
    [
      'memory in a unit that bytes are not told in',
      { sql: 'x', stateBackend: { type: 'disk', cache: '1e9' } },
      "stateBackend.cache: TW1004: 'stateBackend.cache' must be an amount of memory such as 512Mi or 2Gi, not '1e9'",
    ],
    [
      'a variable twice, which the API server refuses',
      { sql: 'x', env: [{ name: 'A', value: '1' }, { name: 'B' }, { name: 'A', value: '2' }] },
      "env[2].name: TW1004: 'env[2].name' is 'A', as 'env[0].name' is. Each may be there once.",
    ],
    [
      'two bodies',
      { sql: 'x', graph: { nodes: [{ name: 'a', map: 'x => x' }] } },
      ': TW1006: exactly one of sql, graph and program must be set',
    ],
    [
      'a misspelled field',
      { sql: 'x', paralelism: 2 },
      "paralelism: TW1003: unknown field 'paralelism'. Did you mean 'parallelism'?",
    ],
    [
      'a misspelled value',
      { sql: 'x', upgradeMode: 'savepoints' },
      "upgradeMode: TW1004: 'upgradeMode' must be one of savepoint, last-state, stateless, not 'savepoints'. Did you mean 'savepoint'?",
    ],
    [
      'a number out of bounds',
      { sql: 'x', parallelism: 0 },
      "parallelism: TW1004: 'parallelism' must be a whole number from 1 to 32768, not 0",
    ],
    [
      'a fraction',
      { sql: 'x', parallelism: 1.5 },
      "parallelism: TW1004: 'parallelism' must be a whole number from 1 to 32768, not 1.5",
    ],
    [
      'more parallelism than key groups',
      { sql: 'x', parallelism: 200 },
      'parallelism: TW1006: parallelism must not exceed maxParallelism',
    ],
    [
      'a duration without unit',
      { sql: 'x', checkpoint: { interval: '5' } },
      "checkpoint.interval: TW1004: 'checkpoint.interval' must be a duration such as 500ms, 5s, 10 min or 1h30m, not '5'",
    ],
    [
      'a number as duration',
      { sql: 'x', checkpoint: { interval: 5 } },
      "checkpoint.interval: TW1004: 'checkpoint.interval' must be a duration such as 500ms, 5s, 10 min or 1h30m, not 5",
    ],
    [
      'two stores',
      { sql: 'x', storage: { local: { path: 'a' }, s3: { endpoint: 'http://m', bucket: 'abc' } } },
      'storage: TW1006: exactly one of s3 and local must be set',
    ],
    [
      'a missing field',
      { sql: 'x', storage: { s3: { bucket: 'abc' } } },
      "storage.s3: TW1005: 'storage.s3' lacks the field 'endpoint'. endpoint: URL of the store, e.g. http://minio:9000.",
    ],
    [
      'a secret in clear text',
      { sql: 'x', storage: { s3: { endpoint: 'http://m', bucket: 'abc', secretKey: 'hunter2' } } },
      "storage.s3.secretKey: TW1004: 'storage.s3.secretKey' must be a reference such as ${env:NAME} or ${secret:NAME/KEY}, not 'hunter2'",
    ],
    [
      'a node with two steps',
      { graph: { nodes: [{ name: 'a', map: 'x => x', filter: 'x => true' }] } },
      'graph.nodes[0]: TW1006: a node needs exactly one of source, map, filter, flatMap, keyBy, watermark, window, process, union, score, learn, evaluate, drift, sink',
    ],
    [
      'a misspelled step',
      { graph: { nodes: [{ name: 'a', flatmap: 'x => [x]' }] } },
      "graph.nodes[0].flatmap: TW1003: unknown field 'flatmap' in 'graph.nodes[0]'. Did you mean 'flatMap'?",
    ],
    [
      'a bad quantity',
      { sql: 'x', resources: { memory: '1 GB' } },
      "resources.memory: TW1004: 'resources.memory' must be an amount of memory such as 512Mi or 2Gi, not '1 GB'",
    ],
  ])('with %s is refused', (_what, spec, message) => {
    expect(problemsOf(spec)).toEqual([message]);
  });

  test('tells all problems at once', () => {
    expect(problemsOf({ sql: 'x', mod: 'batch', parallelism: 'two', checkpoint: { modee: 'aligned' } })).toHaveLength(
      3,
    );
  });
});
