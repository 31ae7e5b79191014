/** The store tells of each coordinator that takes the lead, and where it is. */
import { expect, test } from '@jest/globals';
import { type LeaderAddress, takeLead } from '../../../runtime/snapshot/epochs.js';
import { LeaderLookout } from '../../../runtime/worker/leader-lookout.js';
import { MemoryStore } from '../transform/plan-run.js';

const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };
const at = (host: string) => ({ host, port: 6120 });

/** Addresses, as they are told. */
function listener() {
  const told: LeaderAddress[] = [];
  let wake = silent;
  const until = async (count: number) => {
    while (told.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const tell = (address: LeaderAddress) => {
    told.push(address);
    wake();
  };
  return { told, tell, until };
}

test('the address of whoever led last is told, then of each that takes the lead, once', async () => {
  const store = new MemoryStore();
  await takeLead(store, at('first'));
  await takeLead(store, at('second'));
  const { told, tell, until } = listener();
  const lookout = new LeaderLookout(async () => store, tell, log);
  lookout.turnOn();
  lookout.turnOn();
  await until(1);
  // One without an address: a coordinator outside of a pod.
  await takeLead(store);
  expect(await takeLead(store, at('fourth'))).toBe(4);
  await until(2);
  lookout.turnOff();
  expect(told).toEqual([at('second'), at('fourth')]);
});

test('a store that is away is looked into again', async () => {
  const store = new MemoryStore();
  await takeLead(store, at('first'));
  let opened = 0;
  const { told, tell, until } = listener();
  const open = async () => {
    if (++opened < 3) throw new Error('away');
    return store;
  };
  const lookout = new LeaderLookout(open, tell, log);
  lookout.turnOn();
  await until(1);
  lookout.turnOff();
  expect(told).toEqual([at('first')]);
  expect(opened).toBeGreaterThanOrEqual(3);
});

test('nobody is told while it is off', async () => {
  const store = new MemoryStore();
  const { told, tell, until } = listener();
  const lookout = new LeaderLookout(async () => store, tell, log);
  lookout.turnOn();
  lookout.turnOff();
  await takeLead(store, at('first'));
  lookout.turnOn();
  await until(1);
  lookout.turnOff();
  await takeLead(store, at('second'));
  expect(told).toEqual([at('first')]);
  lookout.turnOn();
  await until(2);
  lookout.turnOff();
  expect(told).toEqual([at('first'), at('second')]);
});
