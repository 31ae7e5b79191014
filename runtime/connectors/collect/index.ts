/**
 * Hands rows to a function of the same process: `tidewheel sql` shows results with it, tests read them.
 *
 * It is also the sink of a SELECT that stands alone. Where no collector is registered, rows are printed.
 *
 * Rows are handed on as they come, before a checkpoint covers them; after a restart they come again.
 */
import type { Row, RowKind } from '../../record/types.js';
import type { SinkConnector } from '../../sink/contract.js';
import { PrintWriter } from '../print/index.js';

/** Gets each row with its kind and the subtask it came from. The row must not be changed. */
export type Collector = (row: Row, kind: RowKind, subtask: number) => void;

/** Name of the collector where a sink says none. */
export const DEFAULT_COLLECTOR = 'default';

const collectors = new Map<string, Collector>();

/** Registers a collector under the name that a sink's option `name` says. Returns the function that takes it away again. */
export function collectRows(name: string, collector: Collector): () => void {
  collectors.set(name, collector);
  return () => {
    if (collectors.get(name) === collector) collectors.delete(name);
  };
}

export const sink: SinkConnector = {
  name: 'collect',
  options: {
    name: { default: DEFAULT_COLLECTOR, doc: 'Name under which a collector was registered by collectRows().' },
  },
  changelog: 'retract',
  createWriter(ctx) {
    const collector = collectors.get(ctx.options['name'] ?? DEFAULT_COLLECTOR);
    if (!collector) return new PrintWriter(ctx, process.stdout);
    return {
      open: async () => {},
      write: (row, kind) => collector(row, kind, ctx.subtask),
      ready: () => true,
      flush: () => {},
      prepareCommit: async () => [],
      commit: async () => {},
      close: async () => {},
    };
  },
};
