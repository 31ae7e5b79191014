/** An attempt that was swallowed once kept a runner from its new coordinator for up to six seconds. */
import type { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { findLeader } from '../../../runtime/worker/find-leader.js';

class FakeSocket {
  isDestroyed = false;
  destroy(): void {
    this.isDestroyed = true;
  }
}

/** Attempts, each answered by hand. */
function attempts() {
  const all: { answer: (socket: FakeSocket) => void; refuse: (error: Error) => void }[] = [];
  const open = () =>
    new Promise<Socket>((resolve, reject) => {
      all.push({ answer: (socket) => resolve(socket as unknown as Socket), refuse: reject });
    });
  const until = async (count: number) => {
    while (all.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return { all, open, until };
}

test('a swallowed attempt does not keep the next from being made; the first answer counts, a later one is hung up', async () => {
  const { all, open, until } = attempts();
  const found = findLeader(open, { nextMs: 5, attemptMs: 60_000 });
  await until(3);
  const [first, second] = [new FakeSocket(), new FakeSocket()];
  all[2].answer(first);
  expect(await found).toBe(first);
  all[0].answer(second);
  await new Promise((resolve) => setImmediate(resolve));
  expect([first.isDestroyed, second.isDestroyed]).toEqual([false, true]);
});

test('nobody there: it is known at once, and no attempt is made behind it', async () => {
  const { all, open } = attempts();
  const found = findLeader(open, { nextMs: 60_000, attemptMs: 60_000 });
  all[0].refuse(new Error('refused'));
  await expect(found).rejects.toThrow('refused');
  expect(all).toHaveLength(1);
});

test('one attempt refused, another swallowed: the one that waits is waited for', async () => {
  const { all, open, until } = attempts();
  const found = findLeader(open, { nextMs: 5, attemptMs: 60_000 });
  await until(2);
  all[1].refuse(new Error('refused'));
  const socket = new FakeSocket();
  all[0].answer(socket);
  expect(await found).toBe(socket);
});
