/** Takes rows and drops them: for measuring what stands before it. */
import type { SinkConnector } from '../../sink/contract.js';

export const sink: SinkConnector = {
  name: 'blackhole',
  options: {},
  changelog: 'retract',
  ignoresBefore: true,
  createWriter: () => ({
    open: async () => {},
    write: () => {},
    ready: () => true,
    flush: () => {},
    prepareCommit: async () => [],
    commit: async () => {},
    close: async () => {},
  }),
};
