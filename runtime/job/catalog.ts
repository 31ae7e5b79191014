/** Everything that Tidewheel ships, loaded as jobs name it. */
import { CONNECTOR_NAMES, loadConnector } from '../connectors/index.js';
import type { JobCatalog } from './job-definition.js';

const formats = async () => (await import('../formats/index.js')).formats;

export const shippedCatalog: JobCatalog = {
  connectorNames: CONNECTOR_NAMES,
  connector: loadConnector,
  formatNames: async () => Object.keys(await formats()),
  format: async (name) => {
    const all = await formats();
    return Object.hasOwn(all, name) ? all[name] : undefined;
  },
  parseColumns: async (text) => (await import('./columns.js')).parseColumns(text),
};
