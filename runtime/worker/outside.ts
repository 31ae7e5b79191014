/** What a job reads, writes and asks, by name: connectors and models. All that a coordinator needs of the registry. */
import { CONNECTOR_NAMES, loadConnector } from '../connectors/index.js';
import type { Registry } from '../task/environment.js';

export class UnknownNameError extends Error {
  readonly code = 'TW1301';
}

async function connector(name: string) {
  const found = await loadConnector(name);
  if (!found) throw new UnknownNameError(`there is no connector '${name}'; there are ${CONNECTOR_NAMES.join(', ')}`);
  return found;
}

export const outside: Pick<Registry, 'source' | 'sink' | 'models'> = {
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
  async models() {
    return import('../model/index.js');
  },
};
