/** Everything that Tidewheel ships, loaded as jobs name it. */
import { CONNECTOR_NAMES, loadConnector } from '../connectors/index.js';
import type { JobCatalog } from './job-definition.js';

export const shippedCatalog: JobCatalog = {
  connectorNames: CONNECTOR_NAMES,
  connector: loadConnector,
  formatNames: ['raw', 'json', 'csv'],
  format: async () => ({ name: '', options: {} }) as never,
  parseColumns: async () => {
    throw new Error('columns can’t be parsed yet');
  },
};
