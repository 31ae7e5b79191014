/** Models between two deployments: handed out once, closed when nobody asks. */
import { afterEach, expect, test } from '@jest/globals';
import { IdleModels } from '../../../runtime/transform/model/idle-models.js';
import { adder } from '../serving/running-server.js';

let idle: IdleModels;
afterEach(() => idle.close());

test('a model is given back once', async () => {
  idle = new IdleModels();
  const model = adder(1);
  await idle.give('a', model);
  expect(idle.take('b')).toBeUndefined();
  expect(idle.take('a')).toBe(model);
  expect(idle.take('a')).toBeUndefined();
  expect(model.closed).toBe(false);
});

test('what nobody asks for is closed: after a while, when there are too many, at the end', async () => {
  idle = new IdleModels(20);
  const [a, b] = [adder(1), adder(2)];
  await idle.give('a', a);
  await idle.give('a', b);
  expect(b.closed).toBe(true);
  await new Promise<void>((resolve) => {
    const look = () => (a.closed ? resolve() : setTimeout(look, 5));
    look();
  });
  const many = Array.from({ length: 5 }, (_, i) => adder(i));
  for (const [i, model] of many.entries()) await idle.give(`m${i}`, model);
  expect(many.map((m) => m.closed)).toEqual([true, false, false, false, false]);
  await idle.close();
  expect(many.every((m) => m.closed)).toBe(true);
});
