/** Names in a plan → connectors, formats, transforms. */
import { connectors } from '../connectors/index.js';
import { formats } from '../formats/index.js';
import type { Registry } from '../task/environment.js';
import { transforms } from '../transform/registry.js';

export class UnknownNameError extends Error {
  readonly code = 'TW1201';
}

function known<T>(what: string, name: string, table: Readonly<Record<string, T>>): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!found)
    throw new UnknownNameError(`there is no ${what} '${name}'; there are ${Object.keys(table).sort().join(', ')}`);
  return found;
}

export const registry: Registry = {
  async source(name) {
    const entry = known('connector', name, connectors);
    if (!entry.source) throw new UnknownNameError(`connector '${name}' can't be read from`);
    return entry.source();
  },
  async sink(name) {
    const entry = known('connector', name, connectors);
    if (!entry.sink) throw new UnknownNameError(`connector '${name}' can't be written to`);
    return entry.sink();
  },
  async format(name) {
    return known('format', name, formats);
  },
  transform(kind) {
    return known('transform', kind, transforms);
  },
};
