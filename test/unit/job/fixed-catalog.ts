/** A catalog that doesn't change when a connector is added. */
import { loadConnector } from '../../../runtime/connectors/index.js';
import { parseColumns } from '../../../runtime/job/columns.js';
import type { JobCatalog } from '../../../runtime/job/index.js';

const FORMATS = ['json', 'raw'];

export const fixedCatalog: JobCatalog = {
  connectorNames: ['blackhole', 'datagen', 'filesystem', 'print'],
  connector: async (name) => (fixedCatalog.connectorNames.includes(name) ? loadConnector(name) : undefined),
  formatNames: async () => FORMATS,
  format: async (name) =>
    FORMATS.includes(name)
      ? ({
          name,
          options: name === 'json' ? { 'json.validate': { values: ['read', 'record'], doc: '' } } : {},
        } as never)
      : undefined,
  parseColumns: async (text) => parseColumns(text),
};
