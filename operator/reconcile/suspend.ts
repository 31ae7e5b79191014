import { applyCoordinator, applyPods, applyRunners, applySurroundings } from './apply.js';
import { beginChange, endChange } from './change.js';
import type { Difference } from './classify.js';
import { type Again, type Context, type Look, SOON_MS } from './context.js';
import { beginningOf } from './create.js';
import { stopJob } from './stop-job.js';

/** Saves the state and lets the pods go. */
export async function suspend(context: Context, look: Look): Promise<Again> {
  const { deployed, generation } = look;
  if (!deployed) return undefined;
  if (look.deployment?.spec.replicas === 0) {
    look.status.phase = 'Suspended';
    look.status.message = 'suspended: set spec.state to running to go on';
    endChange(context, look, 'suspended');
    return undefined;
  }
  look.status.phase = 'Suspending';
  beginChange(context, look, 'suspend', 'savepoint', 'suspends the job');
  const stopped = stopJob(context, look, `suspend-g${generation}`);
  look.status.message = stopped.isStopped ? 'lets the pods go' : stopped.why;
  if (!stopped.isStopped) return SOON_MS;
  context.operations.clear(look.key);
  const how = { isUp: false, generation, beginning: deployed.beginning, attempt: deployed.attempt };
  await Promise.all([
    applyCoordinator(context, look, deployed.spec, how),
    applyRunners(context, look, deployed.spec, 0),
  ]);
  return SOON_MS;
}

/** Goes on from where it was suspended, with the spec as it is now. */
export async function resume(context: Context, look: Look, difference: Difference): Promise<Again> {
  const { spec, deployed, generation } = look;
  look.status.phase = 'Starting';
  look.status.message = 'resumes';
  beginChange(context, look, 'resume', 'pods', 'resumes from its state');
  look.status.attempt = (look.status.attempt ?? 0) + 1;
  const beginning =
    spec.upgradeMode === 'stateless'
      ? { id: `stateless-${look.job.metadata.uid}-g${generation}` }
      : difference.fields.includes('restore')
        ? beginningOf(context, look)
        : deployed?.beginning;
  await Promise.all([
    applySurroundings(context, look, spec),
    applyPods(context, look, spec, { isUp: true, generation, beginning, attempt: look.status.attempt ?? 1 }),
  ]);
  return SOON_MS;
}
