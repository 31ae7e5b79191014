import { parseDuration } from '../../runtime/time/duration.js';
import { configMap } from '../resources/config-map.js';
import { runnerPodsOf, runnersOf } from '../resources/deployed.js';
import { namesOf } from '../resources/names.js';
import { applyCoordinator, applyRunners } from './apply.js';
import { beginChange, changeAgeMs, endChange, tell } from './change.js';
import { type Again, type Context, type Look, SOON_MS, STEADY_MS } from './context.js';

/** Between two looks for runners that are to come. */
const RUNNERS_MS = 100;

/**
 * In place: new pods come while the job runs; the coordinator moves key groups; pods that are no longer needed go last. Each look
 * does what is next; which that is can be seen from the cluster and the coordinator alone.
 */
export async function rescale(context: Context, look: Look): Promise<Again> {
  const { spec, view, deployed, runners, job, key } = look;
  if (!deployed || !runners) return SOON_MS;
  const wanted = spec.parallelism;
  const needed = runnersOf(spec);
  const pods = runnerPodsOf(spec);
  const from = view?.parallelism ?? deployed.spec.parallelism;
  beginChange(context, look, 'inPlace', look.status.change?.step ?? 'pods', `rescales ${from} → ${wanted}`);
  const step = (name: string) => {
    if (look.status.change) look.status.change = { ...look.status.change, step: name };
  };
  look.status.phase = 'Rescaling';
  const target = {
    ...deployed.spec,
    parallelism: wanted,
    slotsPerRunner: spec.slotsPerRunner,
    standbyRunners: spec.standbyRunners,
  };
  if (runners.spec.replicas < pods) await applyRunners(context, look, target, pods);
  if (view?.state !== 'running') return SOON_MS;
  if (view.parallelism !== wanted) {
    const operation = context.operations.get(key);
    if (operation?.state === 'running') return SOON_MS;
    if (operation?.state === 'failed' && operation.name === 'rescale') {
      look.status.message = `can't rescale: ${operation.error?.message}`;
      tell(context, look, 'Warning', 'RescaleFailed', look.status.message);
      context.operations.clear(key);
      return STEADY_MS;
    }
    context.operations.clear(key);
    step('runners');
    const connected = await context.coordinators.runners(job);
    const isIn = (i: number) => connected.includes(`${namesOf(job).runner}-${i}`);
    const missing = Array.from({ length: needed }, (_, i) => i).filter((i) => !isIn(i));
    if (missing.length > 0 && changeAgeMs(context, look) < parseDuration(spec.deadlines.start)) {
      look.status.message = `waits for ${missing.length} more runner(s)`;
      return RUNNERS_MS;
    }
    step('move');
    const release = connected.filter((id) => Number(id.slice(id.lastIndexOf('-') + 1)) >= pods);
    const timeoutMs = parseDuration(spec.deadlines.savepoint);
    context.operations.start(key, 'rescale', look.generation, () =>
      context.coordinators.rescale(job, { parallelism: wanted, runners: needed, release }, timeoutMs),
    );
    return SOON_MS;
  }
  context.operations.clear(key);
  await context.client.apply(configMap(job, target));
  await Promise.all([
    applyRunners(context, look, target, pods),
    applyCoordinator(context, look, target, {
      isUp: true,
      generation: look.generation,
      beginning: deployed.beginning,
      attempt: deployed.attempt,
    }),
  ]);
  if (look.status.change && view.lastRescale) {
    look.status.change = { ...look.status.change, pauseMs: Math.round(view.lastRescale.pauseMs) };
  }
  const pause = view.lastRescale
    ? `: no rows for ${Math.round(view.lastRescale.pauseMs)} ms, ${view.lastRescale.movedGroups} key groups moved`
    : '';
  endChange(context, look, `rescaled to ${wanted}${pause}`);
  return SOON_MS;
}
