/** A slot in the thread of its runner: starts fastest, one core. */
import { referenceResolver } from '../job/references.js';
import { Slot } from '../task/slot.js';
import { registry } from './registry.js';
import type { SlotHost, SlotHostOptions } from './slot-host.js';

const METRICS_MS = 1000;

export async function slotInProcess(options: SlotHostOptions): Promise<SlotHost> {
  const resolve = referenceResolver({ env: process.env, secretsDir: process.env.TIDEWHEEL_SECRETS_DIR });
  const { job, log, report, tls, clock, switchboard } = options;
  const slot = new Slot({ job, registry, log, report, resolve, tls, clock });
  const port = await slot.listen(options.host, (offer) => switchboard.offer(offer));
  const address = `${options.reachableHost}:${port}`;
  switchboard.add(address, (offer) => slot.takeLine(offer));
  const timer = setInterval(() => {
    options.report({ type: 'metrics', attempt: slot.currentAttempt, tasks: slot.metrics() });
  }, METRICS_MS);
  timer.unref();
  return {
    port,
    handle: (order) => slot.handle(order),
    close: () => {
      clearInterval(timer);
      switchboard.remove(address);
      return slot.close();
    },
  };
}
