/** Names in a plan → connectors, formats, transforms. */
import { CONNECTOR_NAMES, loadConnector } from '../connectors/index.js';
import { formats } from '../formats/index.js';
import type { Registry } from '../task/environment.js';
import { transforms } from '../transform/registry.js';

export class UnknownNameError extends Error {
  readonly code = 'TW1301';
}

function known<T>(what: string, name: string, table: Readonly<Record<string, T>>): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!found)
    throw new UnknownNameError(`there is no ${what} '${name}'; there are ${Object.keys(table).sort().join(', ')}`);
  return found;
}

async function connector(name: string) {
  const found = await loadConnector(name);
  if (!found) throw new UnknownNameError(`there is no connector '${name}'; there are ${CONNECTOR_NAMES.join(', ')}`);
  return found;
}

export const registry: Registry = {
  async source(name) {
    const { source } = await connector(name);
    if (!source) throw new UnknownNameError(`connector '${name}' can't be read from`);
    return source;
  },
  async sink(name) {
    const { sink } = await connector(name);
    if (!sink) throw new UnknownNameError(`connector '${name}' can't be written to`);
    return sink;
  },
  async format(name) {
    return known('format', name, formats);
  },
  async models() {
    return import('../model/index.js');
  },
  transform(kind) {
    return known('transform', kind, transforms);
  },
};
