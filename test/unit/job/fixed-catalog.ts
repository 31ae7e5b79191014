/** A catalog that doesn't change when a connector is added. */
import { loadConnector } from '../../../runtime/connectors/index.js';
import type { JobCatalog } from '../../../runtime/job/index.js';
import type { DataType, Field } from '../../../runtime/record/types.js';

const TYPES: Record<string, DataType> = {
  STRING: { kind: 'VARCHAR', length: 2147483647, nullable: true },
  DOUBLE: { kind: 'DOUBLE', nullable: true },
  BIGINT: { kind: 'BIGINT', nullable: true },
  'TIMESTAMP(3)': { kind: 'TIMESTAMP', precision: 3, nullable: true },
};

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
  parseColumns: async (text) =>
    text.split(/,\s*/).map((column): Field => {
      const [name, type] = column.trim().split(/\s+/);
      if (!TYPES[type]) {
        throw Object.assign(new Error(`unknown type '${type}'`), {
          code: 'TW2002',
          line: 1,
          column: text.indexOf(type) + 1,
        });
      }
      return { name, type: TYPES[type] };
    }),
};
