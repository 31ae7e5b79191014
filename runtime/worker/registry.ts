/** Names in a plan → connectors, formats, transforms. */
import { formats } from '../formats/index.js';
import type { Registry } from '../task/environment.js';
import { transforms } from '../transform/registry.js';
import { outside, UnknownNameError } from './outside.js';

export { UnknownNameError } from './outside.js';

function known<T>(what: string, name: string, table: Readonly<Record<string, T>>): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!found)
    throw new UnknownNameError(`there is no ${what} '${name}'; there are ${Object.keys(table).sort().join(', ')}`);
  return found;
}

export const registry: Registry = {
  ...outside,
  async format(name) {
    return known('format', name, formats);
  },
  transform(kind) {
    return known('transform', kind, transforms);
  },
};
