/** A task whose chain has transforms that answer batches later: order, watermarks, barriers, back-pressure, failures, cancelling. */
import { describe, expect, test } from '@jest/globals';
import type { Element } from '../../../runtime/exchange/element.js';
import { MAX_WATERMARK } from '../../../runtime/exchange/element.js';
import { InputChannel, InputGate } from '../../../runtime/exchange/gate.js';
import { LocalChannel, OutputWriter } from '../../../runtime/exchange/output.js';
import type { PlanNode } from '../../../runtime/graph/plan.js';
import type { Stage } from '../../../runtime/graph/stages.js';
import type { Row } from '../../../runtime/record/types.js';
import { NodeState } from '../../../runtime/state/node-state.js';
import type { Link } from '../../../runtime/task/chain.js';
import type { TaskAck, TaskEnvironment } from '../../../runtime/task/environment.js';
import { Task } from '../../../runtime/task/task.js';
import type { Transform, TransformContext } from '../../../runtime/transform/contract.js';
import { BatchesInFlight } from '../../../runtime/transform/in-flight.js';
import { MemoryStore } from '../transform/plan-run.js';

interface Call {
  readonly values: number[];
  readonly signal: AbortSignal;
  answer(): Promise<void>;
  refuse(error: Error): Promise<void>;
}

/** A step that adds `plus` to `v` of each row once the test answers its calls. */
function slowStep(
  ctx: TransformContext,
  calls: Call[],
  options: { batchRows: number; maxCalls: number; plus: number },
) {
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return new BatchesInFlight<number[]>(ctx, {
    ...options,
    call: (rows, _kinds, signal) =>
      new Promise((resolve, reject) => {
        const values = rows.map((r) => r.v as number);
        calls.push({
          values,
          signal,
          answer() {
            resolve(values.map((v) => v + options.plus));
            return settled();
          },
          refuse(error) {
            reject(error);
            return settled();
          },
        });
      }),
    emit(batch, from, to) {
      for (let i = from; i < to; i++) ctx.emit({ v: batch.answer[i] }, batch.kind(i));
    },
  }).transform();
}

interface Rig {
  readonly task: Task;
  readonly input: InputChannel;
  readonly acks: TaskAck[];
  /** Everything that left the task so far: rows as numbers, control elements as they are. */
  out(): unknown[];
  rows(...values: number[]): void;
  /** Runs the task until it has nothing to do, as a slot does. */
  run(): void;
  readonly finished: () => boolean;
}

type MakeTransform = (ctx: TransformContext) => Transform;

function rig(makers: MakeTransform[]): Rig {
  const output = new InputChannel(0, 1, 0, () => {});
  const local = new LocalChannel(() => {});
  local.target = output;
  const writer = new OutputWriter([local], false);
  const links: Link[] = [];
  const nodes: PlanNode[] = makers.map((_, i) => ({
    id: `n${i}`,
    name: `step ${i}`,
    spec: { kind: 'other', transform: 'slow' },
    inputs: [],
    schema: { fields: [] },
    updating: false,
  }));
  for (let i = makers.length - 1; i >= 0; i--) {
    const next = links[0];
    const ctx = {
      node: nodes[i],
      inputUpdating: [false],
      emit: next
        ? (row: Row, kind: 0) => next.transform.process(row, kind)
        : (row: Row, kind: 0) => writer.write(0, row, kind),
      wake() {},
      handOn: (mark: number | 'idle') => link.handOn(mark),
    } as unknown as TransformContext;
    const link: Link = {
      node: nodes[i],
      transform: makers[i](ctx),
      state: new NodeState(nodes[i].id, 4, [0, 1, 2, 3]),
      restoredWatermark: Number.NEGATIVE_INFINITY,
      metrics: { lateRows: 0, rowsIn: 0 },
      handOn: () => {},
    };
    links.unshift(link);
  }
  const input = new InputChannel(0, 0, 0, () => {});
  const acks: TaskAck[] = [];
  let finished = false;
  const stage = { index: 0, inputs: [{ input: 0 }], outputs: [], nodes, parallelism: 1 } as unknown as Stage;
  const env = {
    now: () => 0,
    wake() {},
    fail(error: Error) {
      throw error;
    },
    deployment: { attempt: 1 },
  } as unknown as TaskEnvironment;
  const task = new Task({
    stage,
    subtask: 0,
    env,
    store: new MemoryStore(),
    chain: { links, sinks: [], head: () => (row, kind) => links[0].transform.process(row, kind) },
    source: undefined,
    deadLetters: undefined,
    gate: new InputGate([input], true),
    codecs: new Map(),
    outputs: [writer],
    ack: (ack) => acks.push(ack),
    decline: (_, error) => {
      throw error;
    },
    finished: () => {
      finished = true;
    },
  });
  const seen: unknown[] = [];
  return {
    task,
    input,
    acks,
    finished: () => finished,
    rows: (...values) => input.push({ type: 'rows', rows: values.map((v) => ({ v })), kinds: null }),
    out() {
      while (output.size > 0) {
        const element: Element = output.shift();
        if (element.type === 'rows') {
          seen.push(...element.rows.map((r) => r.v));
          local.released();
        } else seen.push(element);
      }
      return seen;
    },
    run() {
      while (task.step());
      task.flush();
      while (task.step());
      task.flush();
    },
  };
}

const watermark = (timestamp: number) => ({ type: 'watermark', timestamp }) as const;

describe('a transform that answers batches later', () => {
  test('hands rows and watermarks on in the order they came, whatever order the answers come in', async () => {
    const calls: Call[] = [];
    const r = rig([(ctx) => slowStep(ctx, calls, { batchRows: 2, maxCalls: 3, plus: 100 })]);
    r.rows(1, 2, 3);
    r.input.push(watermark(10));
    r.rows(4);
    r.input.push(watermark(20));
    r.run();
    expect(calls.map((c) => c.values)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    await calls[1].answer();
    r.run();
    expect(r.out()).toEqual([]);
    await calls[0].answer();
    r.run();
    expect(r.out()).toEqual([101, 102, 103, watermark(10), 104, watermark(20)]);
    r.input.push(watermark(30));
    r.run();
    expect(r.out().at(-1)).toEqual(watermark(30));
  });

  test('that the input is idle is handed on behind the rows, too', async () => {
    const calls: Call[] = [];
    const r = rig([(ctx) => slowStep(ctx, calls, { batchRows: 2, maxCalls: 1, plus: 0 })]);
    r.rows(1);
    r.input.push({ type: 'idle' });
    r.run();
    expect(r.out()).toEqual([]);
    await calls[0].answer();
    r.run();
    expect(r.out()).toEqual([1, { type: 'idle' }]);
  });

  test('reads no more input while its calls are taken and a batch waits', async () => {
    const calls: Call[] = [];
    const r = rig([(ctx) => slowStep(ctx, calls, { batchRows: 2, maxCalls: 2, plus: 0 })]);
    for (let i = 0; i < 20; i += 2) r.rows(i, i + 1);
    r.run();
    expect(calls).toHaveLength(2);
    expect(r.task.blocked()).toBe(true);
    expect(r.task.hasInput()).toBe(false);
    // Two batches are called for, one waits: the rest is where credit holds back whoever sends.
    expect(r.input.size).toBe(7);
    for (let i = 0; i < 10; i++) {
      await calls[i].answer();
      r.run();
      r.out();
    }
    expect(r.out()).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(Math.max(...calls.map((c) => c.values.length))).toBe(2);
  });

  test('while a call is under way rows gather into larger batches', async () => {
    const calls: Call[] = [];
    const r = rig([(ctx) => slowStep(ctx, calls, { batchRows: 100, maxCalls: 1, plus: 0 })]);
    for (let i = 0; i < 5; i++) {
      r.rows(i);
      r.run();
    }
    expect(calls.map((c) => c.values)).toEqual([[0]]);
    await calls[0].answer();
    r.run();
    expect(calls[1].values).toEqual([1, 2, 3, 4]);
  });

  test('a barrier waits for the rows before it, and those behind it for the barrier', async () => {
    const calls: Call[] = [];
    const r = rig([
      (ctx) => slowStep(ctx, calls, { batchRows: 10, maxCalls: 2, plus: 100 }),
      (ctx) => slowStep(ctx, calls, { batchRows: 10, maxCalls: 2, plus: 1000 }),
    ]);
    r.rows(1, 2);
    r.input.push({ type: 'barrier', id: 7, stop: false });
    r.rows(3);
    r.run();
    // The first step's answers go through the second before the barrier does.
    await calls[0].answer();
    r.run();
    expect(r.acks).toEqual([]);
    expect(calls.map((c) => c.values)).toEqual([
      [1, 2],
      [101, 102],
    ]);
    expect(r.task.hasInput()).toBe(false);
    await calls[1].answer();
    r.run();
    expect(r.out()).toEqual([1101, 1102, { type: 'barrier', id: 7, stop: false }]);
    await Promise.resolve();
    expect(r.acks.map((a) => a.checkpoint)).toEqual([7]);
    expect(calls[2].values).toEqual([3]);
  });

  test('the end of the input waits for all answers', async () => {
    const calls: Call[] = [];
    const ended: number[] = [];
    const r = rig([
      (ctx) => slowStep(ctx, calls, { batchRows: 10, maxCalls: 1, plus: 1 }),
      (ctx) => ({
        process: (row, kind) => ctx.emit(row, kind),
        endOfInput: () => void ended.push(r.out().length),
      }),
    ]);
    r.rows(1, 2);
    r.input.push({ type: 'end' });
    r.run();
    expect(r.finished()).toBe(false);
    await calls[0].answer();
    r.run();
    expect(r.finished()).toBe(true);
    expect(r.out()).toEqual([2, 3, watermark(MAX_WATERMARK), { type: 'end' }]);
    // The step behind was told of the end after it had got the rows.
    expect(ended).toHaveLength(1);
  });

  test('a call that fails fails the task with the step’s name', async () => {
    const calls: Call[] = [];
    const r = rig([(ctx) => slowStep(ctx, calls, { batchRows: 1, maxCalls: 2, plus: 0 })]);
    r.rows(1, 2);
    r.run();
    await calls[1].refuse(new Error('the other side is away'));
    expect(() => r.run()).toThrow('step "step 0": the other side is away');
  });

  test('after close, answers are dropped and the signal is aborted', async () => {
    const calls: Call[] = [];
    const r = rig([(ctx) => slowStep(ctx, calls, { batchRows: 1, maxCalls: 2, plus: 0 })]);
    r.rows(1, 2);
    r.run();
    await r.task.close();
    expect(calls[0].signal.aborted).toBe(true);
    await calls[0].answer();
    await calls[1].refuse(new Error('too late'));
    r.run();
    expect(r.out()).toEqual([]);
  });

  test('answers that are there at once go out with the batch', () => {
    const r = rig([
      (ctx) =>
        new BatchesInFlight<number>(ctx, {
          batchRows: 3,
          call: (rows) => rows.length,
          emit(batch, from, to) {
            for (let i = from; i < to; i++) ctx.emit({ v: [batch.rows[i].v, batch.answer] }, batch.kind(i));
          },
        }).transform(),
    ]);
    r.rows(1, 2, 3, 4);
    r.input.push(watermark(5));
    r.run();
    expect(r.out()).toEqual([[1, 3], [2, 3], [3, 3], [4, 1], watermark(5)]);
  });
});
