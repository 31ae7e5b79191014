import { parseDuration } from '../../runtime/time/duration.js';
import { tell } from './change.js';
import type { Context, Look } from './context.js';

/** Savepoints by nonce and by schedule, while the job runs and nothing else is going on. */
export function takeSavepoints(context: Context, look: Look): void {
  const { spec, status, view, key, job } = look;
  const operation = context.operations.get(key);
  if (operation?.name === 'savepoint' && operation.state !== 'running') {
    if (operation.state === 'done') {
      const { location } = operation.result as { location: string };
      const info = { location, time: new Date(context.now()).toISOString(), trigger: 'nonce' };
      status.lastSavepoint = info;
      const kept = [...(status.savepoints ?? []), info];
      status.savepoints = kept.slice(-spec.savepoint.history.count);
      for (const old of kept.slice(0, -spec.savepoint.history.count)) {
        void context.coordinators
          .deleteSavepoint(job, old.location ?? '')
          .catch((error) =>
            tell(context, look, 'Warning', 'LeftBehind', `${old.location}: ${(error as Error).message}`),
          );
      }
      tell(context, look, 'Normal', 'SavepointComplete', `savepoint ${location}`);
    } else tell(context, look, 'Warning', 'SavepointFailed', operation.error?.message ?? '');
    context.operations.clear(key);
  }
  if (view?.state !== 'running' || context.operations.get(key)?.state === 'running') return;
  const { nonce, schedule } = spec.savepoint;
  const byNonce = nonce !== undefined && nonce !== status.savepointNonce;
  if (!byNonce && !isScheduled(context, look, schedule)) return;
  if (byNonce) status.savepointNonce = nonce;
  const name = `${byNonce ? 'nonce' : 'schedule'}-${Math.floor(context.now() / 1000).toString(36)}`;
  const timeoutMs = parseDuration(spec.deadlines.savepoint);
  context.operations.start(key, 'savepoint', look.generation, () =>
    context.coordinators.savepoint(job, name, timeoutMs),
  );
}

/** A duration since the last savepoint, or since the start. Cron lines are not kept yet. */
function isScheduled(context: Context, look: Look, schedule: string | undefined): boolean {
  if (schedule === undefined || /\s\S+\s/.test(schedule.trim())) return false;
  const last = look.status.lastSavepoint?.time ?? look.status.startedAt;
  return last !== undefined && context.now() - Date.parse(last) >= parseDuration(schedule);
}
