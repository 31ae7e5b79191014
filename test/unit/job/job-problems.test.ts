import { describe, expect, test } from '@jest/globals';
import { defineGraph, defineText, problemsOf } from './job-text.js';

const SOURCE = '- { name: in, source: { connector: datagen, schema: id BIGINT } }';
const SINK = '- { name: out, sink: { connector: blackhole } }';

describe('a job file with a mistake says where and what was expected:', () => {
  test.each([
    [
      'unknown field with the nearest name',
      `${SOURCE}\n- { name: m, flatmap: "r => [r]" }\n${SINK}`,
      "8:20: TW1003: unknown field 'flatmap' in 'graph.nodes[1]'. Did you mean 'flatMap'?",
    ],
    [
      'unknown input',
      `${SOURCE}\n- { name: m, from: inn, map: "r => r" }\n${SINK}`,
      "8:26: TW1101: no node is named 'inn'. Did you mean 'in'?",
    ],
    [
      'two nodes of one name',
      `${SOURCE}\n- { name: in, map: "r => r" }\n${SINK}`,
      "8:17: TW1102: two nodes are named 'in'. State is kept under the name, so each must be there once",
    ],
    [
      'a circle',
      `${SOURCE}\n- { name: a, from: b, map: "r => r" }\n- { name: b, from: a, map: "r => r" }\n${SINK}`,
      '8:9: TW1104: the graph has a circle: a → b → a',
    ],
    [
      'a graph that does not begin with a source',
      `- { name: m, map: "r => r" }\n${SINK}`,
      "7:9: TW1105: the first node, 'm', is not a source and says no 'from'. Begin with a source, or name its input: from: …",
    ],
    [
      'a step behind a sink',
      `${SOURCE}\n${SINK}\n- { name: m, map: "r => r" }`,
      "9:9: TW1105: 'm' follows the sink 'out', which hands nothing on. Name its input: from: … (one of in)",
    ],
    [
      'batch training on input without end',
      `- { name: in, source: { connector: datagen, schema: 'id BIGINT, y INT' } }
- { name: learnt, learn: { pipeline: { type: LinearRegression }, inputs: id DOUBLE, outputs: p DOUBLE, label: y, fit: { epochs: 2 } } }
${SINK}`,
      "8:9: TW1105: 'Learn: learnt' trains at the end of its input, and 'Source: in' has no end. Bound the source by an option of its connector, or leave fit out to learn row by row",
    ],
    [
      'a syntax error within a quoted function',
      `${SOURCE}\n- { name: m, map: "r => r +" }\n${SINK}`,
      '8:34: TW1201: Unexpected ")"',
    ],
    [
      'a syntax error within a block of TypeScript',
      `${SOURCE}\n- name: m\n  map: |\n    (row: any) => {\n      const n: number = ;\n      return n;\n    }\n${SINK}`,
      '11:31: TW1201: Unexpected ";"',
    ],
    [
      'an expression that is not a function',
      `${SOURCE}\n- { name: m, map: "row.id + 1" }\n${SINK}`,
      '8:26: TW1202: expected a function such as (row) => row, found not a function',
    ],
    [
      'an async function',
      `${SOURCE}\n- { name: m, map: "async r => r" }\n${SINK}`,
      '8:26: TW1202: expected a function such as (row) => row, found an async function; steps are synchronous',
    ],
    [
      'an unknown connector',
      `- { name: in, source: { connector: filesytem, path: x, format: raw } }\n${SINK}`,
      "7:42: TW1301: unknown connector 'filesytem'. Did you mean 'filesystem'?",
    ],
    [
      'a connector on the wrong side',
      `- { name: in, source: { connector: print } }\n${SINK}`,
      "7:42: TW1301: connector 'print' can't be used as a source",
    ],
    [
      'an unknown format',
      `- { name: in, source: { connector: filesystem, path: x, format: jason } }\n${SINK}`,
      "7:71: TW1301: unknown format 'jason'. Did you mean 'json'?",
    ],
    [
      'a missing format',
      `- { name: in, source: { connector: filesystem, path: x } }\n${SINK}`,
      "7:29: TW1302: connector 'filesystem' lacks the option 'format'. Formats: json, raw",
    ],
    [
      'an unknown option',
      `- { name: in, source: { connector: filesystem, pth: x, path: y, format: raw } }\n${SINK}`,
      "7:54: TW1302: unknown option 'pth' of connector 'filesystem'. Did you mean 'path'?",
    ],
    [
      'a wrong value of an option of the format',
      `- { name: in, source: { connector: filesystem, path: y, format: json, json: { validate: rows } } }\n${SINK}`,
      "7:95: TW1302: option 'json.validate' must be one of read, record, not 'rows'",
    ],
    [
      'a wrong type in a schema',
      `- { name: in, source: { connector: datagen, schema: "id BIGINT, name STRUNG" } }\n${SINK}`,
      "7:76: TW2002: unknown type 'STRUNG'. Did you mean 'STRING'?",
    ],
    [
      'event time that is not there',
      `- { name: in, source: { connector: datagen, schema: "id BIGINT, ts TIMESTAMP(3)", time: tss } }\n${SINK}`,
      "7:95: TW1101: no column is named 'tss'. Did you mean 'ts'?",
    ],
    [
      'an event-time window without watermarks',
      `${SOURCE}\n- { name: w, window: { time: ts, tumble: 1s, init: "() => 0", add: "n => n", result: "n => n" } }\n${SINK}`,
      "8:36: TW1106: 'w' is a window over event time, but nothing above it says how late rows may be. Add time: and delay: to the source, e.g. source: { …, time: ts, delay: 5s }",
    ],
    [
      'a process without key',
      `${SOURCE}\n- { name: p, process: { onRow: "r => {}" } }\n${SINK}`,
      "8:29: TW1105: 'p' has no key, under which its state would be kept. Add key: e.g. key: card, or a keyBy before it",
    ],
    [
      'a partitioning where rows come by key',
      `${SOURCE}\n- { name: p, partition: rebalance, process: { key: id, onRow: "r => {}" } }\n${SINK}`,
      "8:20: TW1105: rows come to 'p' by key; 'partition' can't be set",
    ],
  ])('%s', async (_what, nodes, message) => {
    expect(await problemsOf(defineGraph(nodes))).toEqual([message]);
  });

  test('batch mode over a source without end', async () => {
    expect(await problemsOf(defineGraph(`${SOURCE}\n${SINK}`, 'mode: batch'))).toEqual([
      "8:9: TW1105: 'in' never ends, so it can't be read in batch mode. Bound it by an option of the connector 'datagen', or use mode: streaming",
    ]);
  });

  test.each([
    ['broken YAML', 'spec: [1, 2', /^1:12: TW1002: /],
    ['a tab as indentation', 'spec:\n\tsql: x', /^2:1: TW1002: /],
    [
      'a body at the top',
      'apiVersion: tidewheel.dev/v1alpha1\nkind: StreamJob\nmetadata: { name: x }\nparallelism: 2\nspec: { sql: x }',
      /^4:1: TW1003: unknown field 'parallelism'. 'parallelism' belongs under spec$/,
    ],
    [
      'another version',
      'apiVersion: tidewheel.dev/v2\nkind: StreamJob\nmetadata: { name: x }\nspec: { graph: { nodes: [] } }',
      /^1:13: TW1004: 'apiVersion' must be tidewheel.dev\/v1alpha1, not 'tidewheel.dev\/v2'/,
    ],
    [
      'a bad name',
      'apiVersion: tidewheel.dev/v1alpha1\nkind: StreamJob\nmetadata: { name: My Job }\nspec: { sql: x }',
      /^3:19: TW1004: 'metadata.name' must be up to 63 lower-case letters, digits and -, not 'My Job'$/,
    ],
  ])('%s', async (_what, text, message) => {
    expect((await problemsOf(wrapped(text)))[0]).toMatch(message);
  });

  async function wrapped(text: string) {
    return defineText(text);
  }

  test('all of them at once, in the order of the file', async () => {
    const problems = await problemsOf(
      defineGraph(`
- { name: in, source: { connector: datagen, rows: 5, schema: id BIGINT } }
- { name: m, map: "r => r +" }
- { name: f, filter: "1" }
- { name: out, sink: { connector: blakhole } }`),
    );
    expect(problems.map((p) => p.split(': ')[1])).toEqual(['TW1302', 'TW1201', 'TW1202', 'TW1301']);
  });

  test('a step whose rows nobody reads is only a warning', async () => {
    const { warnings } = await defineGraph(
      `${SOURCE}\n- { name: m, map: "r => r" }\n- { name: out, from: in, sink: { connector: blackhole } }`,
    );
    expect(warnings.map((w) => w.message)).toEqual(["nothing reads from 'm': its rows are thrown away"]);
  });
});
