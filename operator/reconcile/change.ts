/** The change that is being made, as status.change tells it. */
import type { EventNote } from '../kube/events.js';
import type { Context, Look } from './context.js';

type Kind = 'inPlace' | 'upgrade' | 'refused' | 'rollback' | 'suspend' | 'resume' | 'start';

const iso = (ms: number) => new Date(ms).toISOString();

/** Begins a change unless the same one is under way; a newer generation takes its place. */
export function beginChange(context: Context, look: Look, kind: Kind, step: string, message: string): void {
  const { change } = look.status;
  const isSame = change?.kind === kind && change.generation === look.generation && !change.completedAt;
  if (isSame && change.step === step && change.message === message) return;
  look.status.change = {
    kind,
    step,
    generation: look.generation,
    startedAt: isSame ? change.startedAt : iso(context.now()),
    message,
  };
  if (!isSame) tell(context, look, WARNS.has(kind) ? 'Warning' : 'Normal', EVENT_OF[kind], message);
}

const WARNS: ReadonlySet<Kind> = new Set(['refused', 'rollback']);

const EVENT_OF: Readonly<Record<Kind, string>> = {
  start: 'Starting',
  inPlace: 'ChangingInPlace',
  upgrade: 'Upgrading',
  refused: 'ChangeRefused',
  rollback: 'RollingBack',
  suspend: 'Suspending',
  resume: 'Resuming',
};

/** Ends the change under way, if there is one. */
export function endChange(context: Context, look: Look, message?: string): void {
  const { change } = look.status;
  if (!change || change.completedAt) return;
  const now = context.now();
  const durationMs = Math.max(0, now - Date.parse(change.startedAt ?? iso(now)));
  look.status.change = {
    ...change,
    step: 'done',
    completedAt: iso(now),
    durationMs,
    ...(message === undefined ? {} : { message }),
  };
  context.metrics.changeTook(change.kind ?? 'none', durationMs / 1000);
  const seconds = (durationMs / 1000).toFixed(1);
  tell(context, look, 'Normal', 'ChangeComplete', `${message ?? change.message ?? change.kind} (${seconds} s)`);
}

/** How long the change under way has taken. */
export function changeAgeMs(context: Context, look: Look): number {
  const { change } = look.status;
  return change?.startedAt && !change.completedAt ? context.now() - Date.parse(change.startedAt) : 0;
}

export function tell(context: Context, look: Look, type: EventNote['type'], reason: string, note: string): void {
  context.events.record(look.job, { type, reason, action: reason, note });
  context.log.info({ job: look.key, generation: look.generation, reason }, note);
}
