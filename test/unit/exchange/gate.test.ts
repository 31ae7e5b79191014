import { describe, expect, test } from '@jest/globals';
import type { Element } from '../../../runtime/exchange/element.js';
import { InputChannel, InputGate } from '../../../runtime/exchange/gate.js';

const rows = (n: number): Element => ({ type: 'rows', rows: [{ n }], kinds: null });
const barrier = (id: number): Element => ({ type: 'barrier', id, stop: false });

function gateOf(channels: number, aligned = true) {
  const ins = Array.from({ length: channels }, (_, i) => new InputChannel(0, 0, i, () => {}));
  return { ins, gate: new InputGate(ins, aligned) };
}

/** What the gate hands out now, as short text. */
function drain(gate: InputGate): string[] {
  const out: string[] = [];
  for (let e = gate.poll(); e; e = gate.poll()) {
    if (e.type === 'element') out.push(`r${(e.element as unknown as { rows: { n: number }[] }).rows[0].n}`);
    else if (e.type === 'watermark') out.push(`w${e.timestamp}`);
    else if (e.type === 'barrier') out.push(`b${e.barrier.id}`);
    else out.push(e.type);
  }
  return out;
}

describe('alignment', () => {
  test('rows behind a barrier wait until it has come on every channel', () => {
    const { ins, gate } = gateOf(2);
    ins[0].push(barrier(1));
    ins[0].push(rows(10));
    ins[1].push(rows(1));
    expect(drain(gate)).toEqual(['r1']);
    ins[1].push(rows(2));
    ins[1].push(barrier(1));
    expect(drain(gate)).toEqual(['r2', 'b1', 'r10']);
  });

  test('at least once, they do not wait', () => {
    const { ins, gate } = gateOf(2, false);
    ins[0].push(barrier(1));
    ins[0].push(rows(10));
    expect(drain(gate)).toEqual(['r10']);
    ins[1].push(barrier(1));
    expect(drain(gate)).toEqual(['b1']);
  });

  test('a channel that ends has no barrier to give any more', () => {
    const { ins, gate } = gateOf(2);
    ins[0].push(barrier(1));
    expect(drain(gate)).toEqual([]);
    ins[1].push({ type: 'end' });
    expect(drain(gate)).toEqual(['b1']);
  });

  test('after all channels have ended, a barrier on each of them counts once', () => {
    const { ins, gate } = gateOf(2);
    for (const c of ins) c.push({ type: 'end' });
    expect(drain(gate)).toContain('end');
    for (const c of ins) c.push(barrier(7));
    expect(drain(gate)).toEqual(['b7']);
  });

  test('a newer barrier replaces one that was given up, and a late copy of the old one says nothing', () => {
    const { ins, gate } = gateOf(2);
    ins[0].push(barrier(1));
    ins[0].push(rows(1));
    gate.poll();
    gate.abandon(1);
    expect(drain(gate)).toEqual(['r1']);
    ins[0].push(barrier(2));
    ins[1].push(barrier(1));
    ins[1].push(barrier(2));
    expect(drain(gate)).toEqual(['b2']);
  });
});

describe('watermarks', () => {
  test('the minimum over the channels goes on, and never falls', () => {
    const { ins, gate } = gateOf(2);
    ins[0].push({ type: 'watermark', timestamp: 10 });
    expect(drain(gate)).toEqual([]);
    ins[1].push({ type: 'watermark', timestamp: 5 });
    expect(drain(gate)).toEqual(['w5']);
    ins[1].push({ type: 'watermark', timestamp: 3 });
    ins[1].push({ type: 'watermark', timestamp: 20 });
    expect(drain(gate)).toEqual(['w10']);
  });

  test('an idle channel does not hold it back until it has rows again', () => {
    const { ins, gate } = gateOf(2);
    ins[0].push({ type: 'watermark', timestamp: 10 });
    ins[1].push({ type: 'idle' });
    expect(drain(gate)).toEqual(['w10']);
    ins[1].push(rows(1));
    expect(drain(gate)).toEqual(['r1']);
    ins[0].push({ type: 'watermark', timestamp: 30 });
    expect(drain(gate)).toEqual([]);
    ins[1].push({ type: 'watermark', timestamp: 20 });
    expect(drain(gate)).toEqual(['w20']);
  });

  test('with all channels idle that is handed on once', () => {
    const { ins, gate } = gateOf(2);
    for (const c of ins) c.push({ type: 'idle' });
    for (const c of ins) c.push({ type: 'idle' });
    expect(drain(gate)).toEqual(['idle']);
  });
});
