/**
 * A look at a StreamJob: which step is next, if any. Level-triggered: what is next follows from the spec, the cluster and the
 * coordinator as they are now, never from what was done before; so an operator that dies anywhere is replaced by one that goes on.
 */
import { type StreamJobSpec, toErrorMessage } from '../../api/index.js';
import { parseDuration } from '../../runtime/time/duration.js';
import { PODS, STREAM_JOBS, splitKey } from '../kube/objects.js';
import { configMap } from '../resources/config-map.js';
import { FINALIZER, shortHash } from '../resources/names.js';
import { applyCoordinator, applyRunners, applySurroundings, removeOldFiles } from './apply.js';
import { autoscale } from './autoscale.js';
import { beginChange, changeAgeMs, endChange, tell } from './change.js';
import { classify, type Difference, sharesNothing } from './classify.js';
import { type Again, type Context, type Look, patienceMs, SOON_MS, STEADY_MS, steadyMs } from './context.js';
import { replaceHeldBack } from './crash-loops.js';
import { create } from './create.js';
import { remove } from './delete.js';
import { hasGoneOn, hasStrayed } from './in-place.js';
import { type Judgement, judge } from './judge.js';
import { isRunning, lookAt } from './look.js';
import { rescale } from './rescale.js';
import { takeSavepoints } from './savepoint.js';
import { scheduleProblem } from './savepoint-schedule.js';
import { changingPhase, fillStatus, setConditions, settledPhase, writeStatus } from './status.js';
import { resume, suspend } from './suspend.js';
import { noteRunning, noteStable, rollBack, startAnew, takeOver, upgrade, whyBroken } from './upgrade.js';

export async function reconcileJob(context: Context, key: string): Promise<Again> {
  const job = context.jobs.get(key);
  if (!job) {
    context.memory.delete(key);
    return undefined;
  }
  const look = await lookAt(context, job);
  if (job.metadata.deletionTimestamp) {
    const again = await remove(context, look);
    if (again !== undefined) await writeStatus(context, look);
    return again;
  }
  if (!job.metadata.finalizers?.includes(FINALIZER)) {
    const { namespace, name } = splitKey(key);
    const finalizers = [...(job.metadata.finalizers ?? []), FINALIZER];
    const { resourceVersion } = job.metadata;
    const patched = await context.client.mergePatch<typeof job>(STREAM_JOBS, namespace, name, {
      metadata: { finalizers, resourceVersion },
    });
    context.jobs.note(patched);
  }
  const schedule = scheduleProblem(look.spec.savepoint.schedule);
  const problem =
    fillStatus(context, look) ?? (schedule === undefined ? undefined : { reason: 'BadSchedule', message: schedule });
  look.status.message = undefined;
  let again: Again;
  try {
    await replaceHeldBack(context, look);
    again = await nextStep(context, look);
  } catch (error) {
    const { message } = toErrorMessage(error);
    look.status.phase ??= 'Pending';
    look.status.message = message.slice(0, 2000);
    setConditions(context, look, { reason: 'StepFailed', message });
    await writeStatus(context, look);
    throw error;
  }
  look.status.message ??=
    problem?.message ?? (look.status.phase === 'Restarting' ? look.status.failure?.message : undefined);
  setConditions(context, look, problem);
  await writeStatus(context, look);
  return again;
}

async function nextStep(context: Context, look: Look): Promise<Again> {
  const { spec, deployed, status, view, generation } = look;
  if (!deployed) {
    const judgement = await judged(context, look);
    status.plan = judgement.plan;
    if (!judgement.ok) return refuse(context, look, judgement, 'Refused');
    status.phase = spec.state === 'running' ? 'Starting' : 'Suspended';
    return create(context, look);
  }
  const difference = hasStrayed(look) ? STRAYED : differenceOf(look, deployed.spec);
  const isUndone = status.change?.kind === 'rollback' && status.change.generation === generation;
  const isEnded = status.phase === 'Completed' && difference.kind === 'none';
  if (isEnded) return ended(context, look);
  const broken = whyBroken(context, look);
  if (broken !== undefined) return rollBack(context, look, broken);
  if (hasGoneOn(look)) return takeOver(context, look);
  if (spec.state === 'suspended') return suspend(context, look);
  if (difference.kind === 'upgrade' && !isUndone) {
    const judgement = await judged(context, look);
    status.plan = judgement.plan;
    if (!judgement.ok) return refuse(context, look, judgement, settledPhase(look));
  }
  if (look.deployment?.spec.replicas === 0) return resume(context, look, difference);
  if (difference.kind === 'upgrade' && !isUndone) return upgrade(context, look, difference);
  if (difference.restartsCoordinator && !isUndone) return replaceCoordinator(context, look, difference.fields);
  const wanted = isUndone ? deployed.spec.parallelism : spec.parallelism;
  const isScaled = view?.state === 'running' && view.parallelism !== wanted;
  const isOver = view && ['failed', 'finished', 'cancelled', 'stopped'].includes(view.state);
  if ((difference.kind === 'inPlace' || isScaled) && !isUndone && view && !isOver) return rescale(context, look);
  return settle(context, look);
}

/** Of a job whose tasks run another body than its objects say. */
const STRAYED: Difference = { kind: 'upgrade', fields: ['sql'], restartsCoordinator: true, replacesRunners: false };

function differenceOf({ memory, spec }: Look, deployed: StreamJobSpec): Difference {
  const known = memory.difference;
  if (known?.deployed === deployed && known.spec === spec) return known.value;
  memory.difference = { deployed, spec, value: classify(deployed, spec) };
  return memory.difference.value;
}

/** Nothing is to be changed: the job's own state is told, and what goes on beside it. */
async function settle(context: Context, look: Look): Promise<Again> {
  const { view, status, spec } = look;
  await applySurroundings(context, look, spec);
  status.phase = changingPhase(look) ?? settledPhase(look);
  const { memory } = look;
  if (view && view.restarts > (memory.restarts ?? view.restarts)) {
    tell(context, look, 'Warning', 'Restarted', `the job restarted: ${view.exception?.message ?? ''}`);
  }
  if (view) memory.restarts = view.restarts;
  switch (view?.state) {
    case 'running':
      noteRunning(context, look);
      if (status.change?.step === COORDINATOR_STEP) endChange(context, look);
      if (noteStable(context, look)) await removeOldFiles(context, look);
      await autoscale(context, look);
      return Math.min(steadyMs(context, look), await takeSavepoints(context, look));
    case 'finished':
      return ended(context, look);
    case 'failed':
      // Its state was in a pod that is gone.
      if (sharesNothing(spec) && view.exception?.code === 'TW4101') return startAnew(context, look);
      status.endedAt ??= new Date(context.now()).toISOString();
      return (await deleteAfterTtl(context, look)) ?? STEADY_MS;
    case 'stopped':
    case 'cancelled':
      // Stopped for a change that is no longer wanted, or by somebody else: it should run.
      if (context.operations.get(look.key)?.state === 'running') return SOON_MS;
      context.operations.clear(look.key);
      tell(context, look, 'Normal', 'Restarting', `the job was ${view.state} and is to run`);
      await Promise.all(
        look.coordinatorPods.map((p) =>
          context.client.delete(PODS, p.metadata.namespace ?? '', p.metadata.name, { uid: p.metadata.uid }),
        ),
      );
      return 1000;
    default:
      // Pods are watched; only what a running coordinator does is asked for.
      if (!view && !look.coordinatorPods.some(isRunning)) return steadyMs(context, look);
      return patienceMs(changeAgeMs(context, look));
  }
}

/** Step of a change that is done when the new coordinator has found the job running. */
const COORDINATOR_STEP = 'coordinator';

async function replaceCoordinator(context: Context, look: Look, fields: readonly string[]): Promise<Again> {
  const { deployed, spec, generation } = look;
  const { parallelism, slotsPerRunner, standbyRunners } = deployed!.spec;
  const target = { ...spec, parallelism, slotsPerRunner, standbyRunners };
  beginChange(context, look, 'inPlace', COORDINATOR_STEP, `${fields.join(', ')} changed: the tasks go on`);
  await context.client.apply(configMap(look.job, target));
  // With a number of its own, so that what the old one answers isn't taken for the new one's word.
  const attempt = deployed!.attempt + 1;
  look.status.attempt = attempt;
  await applyCoordinator(context, look, target, { isUp: true, generation, beginning: deployed!.beginning, attempt });
  return SOON_MS;
}

async function ended(context: Context, look: Look): Promise<Again> {
  const { status, deployed } = look;
  status.phase = 'Completed';
  status.message = 'all input is read and worked off';
  status.endedAt ??= new Date(context.now()).toISOString();
  if (deployed && look.deployment?.spec.replicas > 0) {
    endChange(context, look, 'completed');
    tell(context, look, 'Normal', 'Completed', status.message);
    const how = {
      isUp: false,
      generation: deployed.generation,
      beginning: deployed.beginning,
      attempt: deployed.attempt,
    };
    await Promise.all([
      applyCoordinator(context, look, deployed.spec, how),
      applyRunners(context, look, deployed.spec, 0),
    ]);
  }
  return deleteAfterTtl(context, look);
}

/** Deletes a job that has ended when its time is over. Resolves with the time that is left, if it is to be deleted at all. */
async function deleteAfterTtl(context: Context, look: Look): Promise<Again> {
  const { ttl } = look.spec;
  const { endedAt } = look.status;
  if (ttl === undefined || endedAt === undefined) return undefined;
  const leftMs = Date.parse(endedAt) + parseDuration(ttl) - context.now();
  // A timer holds 24 days.
  if (leftMs > 0) return Math.min(leftMs, 86_400_000);
  const { namespace, name, uid } = look.job.metadata;
  tell(context, look, 'Normal', 'Expired', `ended ${ttl} ago: deleted`);
  await context.client.delete(STREAM_JOBS, namespace ?? '', name, { uid });
  return undefined;
}

function refuse(context: Context, look: Look, judgement: Judgement, phase: typeof look.status.phase): Again {
  const message = `${judgement.code ?? 'TW6004'}: ${judgement.message}`;
  look.status.phase = phase;
  look.status.message = message;
  beginChange(context, look, 'refused', 'refused', message.slice(0, 900));
  return look.deployed ? STEADY_MS : undefined;
}

/** Judged once for each pair of specs. */
async function judged(context: Context, look: Look): Promise<Judgement> {
  const key = shortHash([look.spec, look.deployed?.spec]);
  if (look.memory.judged?.key !== key) {
    const hasState =
      look.deployed !== undefined &&
      (look.status.lastCheckpoint !== undefined || look.status.lastSavepoint !== undefined);
    const judgement = await judge(look.job, look.spec, hasState ? look.deployed?.spec : undefined);
    look.memory.judged = { key, judgement };
    if (judgement.ok) context.log.debug({ job: look.key }, 'the spec can run');
  }
  return look.memory.judged!.judgement;
}
