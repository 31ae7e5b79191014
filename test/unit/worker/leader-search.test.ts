/** A runner finds its coordinator under its name or at the address that it has left in the store, whichever answers first. */
import { expect, test } from '@jest/globals';
import type { LeaderAddress } from '../../../runtime/snapshot/epochs.js';
import type { ControlLink, CoordinatorMessage, RunnerMessage } from '../../../runtime/task/control.js';
import { LeaderSearch } from '../../../runtime/worker/leader-search.js';

type Link = ControlLink<CoordinatorMessage, RunnerMessage>;

const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };
const OLD = { host: '10.0.0.1', port: 6120 };
const NEW = { host: '10.0.0.2', port: 6120 };

function linkTo(where: string, closed: string[]): Link {
  return { where, close: () => closed.push(where) } as unknown as Link;
}

const refused = () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
const never = () => new Promise<Link>(silent);

test('the address in the store is tried while the name leads nowhere yet, as soon as it is told', async () => {
  const tried: LeaderAddress[] = [];
  const connectTo = (address: LeaderAddress) => {
    tried.push(address);
    return address === OLD ? Promise.reject(new Error('nobody is there')) : Promise.resolve(linkTo('address', []));
  };
  const search = new LeaderSearch('r', { connect: never, connectTo }, log);
  const found = search.find();
  search.tell(OLD);
  search.tell(NEW);
  expect(await found).toMatchObject({ where: 'address' });
  expect(tried).toEqual([OLD, NEW]);
});

test('a coordinator that has left its address and does not listen yet is tried until it does', async () => {
  let attempts = 0;
  const connectTo = () => (++attempts < 3 ? refused() : Promise.resolve(linkTo('address', [])));
  const search = new LeaderSearch('r', { connect: never, connectTo }, log);
  const found = search.find();
  search.tell(NEW);
  expect(await found).toMatchObject({ where: 'address' });
  expect(attempts).toBe(3);
});

test('of two that answer the first counts, the second is hung up', async () => {
  const closed: string[] = [];
  let answer: (link: Link) => void = silent;
  const connectTo = () =>
    new Promise<Link>((resolve) => {
      answer = resolve;
    });
  const search = new LeaderSearch('r', { connect: async () => linkTo('name', closed), connectTo }, log);
  const found = search.find();
  search.tell(NEW);
  expect(await found).toMatchObject({ where: 'name' });
  answer(linkTo('address', closed));
  await new Promise(setImmediate);
  expect(closed).toEqual(['address']);
});

test('an address told while nothing is looked for is not tried', async () => {
  let attempts = 0;
  const connectTo = async () => {
    attempts++;
    return linkTo('address', []);
  };
  const search = new LeaderSearch('r', { connect: async () => linkTo('name', []), connectTo }, log);
  search.tell(NEW);
  await search.find();
  search.tell(NEW);
  await new Promise(setImmediate);
  expect(attempts).toBe(0);
});

test('a search that is ended finds nothing, nor does the next', async () => {
  const search = new LeaderSearch('r', { connect: never }, log);
  const found = search.find();
  search.end();
  expect(await found).toBeUndefined();
  expect(await search.find()).toBeUndefined();
});
