/**
 * Hands rows to a function of the same process: `tidewheel sql` shows results with it, tests read them.
 *
 * Rows are handed on as they come, before a checkpoint covers them; after a restart they come again.
 */
import { TidewheelError } from '../../../api/index.js';
import type { Row, RowKind } from '../../record/types.js';
import type { SinkConnector } from '../../sink/contract.js';

/** Gets each row with its kind and the subtask it came from. The row must not be changed. */
export type Collector = (row: Row, kind: RowKind, subtask: number) => void;

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
  options: { name: { required: true, doc: 'Name under which a collector was registered by collectRows().' } },
  changelog: 'retract',
  createWriter(ctx) {
    const name = ctx.options['name'];
    const collector = collectors.get(name);
    if (!collector) {
      throw new TidewheelError('TW1302', `no collector is registered in this process as '${name}'`, {
        hint: 'The connector collect is for programs that run a job within their own process',
      });
    }
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
