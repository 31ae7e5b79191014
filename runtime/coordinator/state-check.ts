/** What becomes of a snapshot's state under the plan of today: nothing is dropped or misread in silence. */
import { TidewheelError } from '../../api/errors.js';
import type { Plan } from '../graph/plan.js';
import { comparePlans, type NodeVerdict } from '../graph/verdict.js';
import type { Manifest } from '../snapshot/manifest.js';

/** Names of the steps whose state is left behind. TW4004 where state can't be used; TW4003 where some would be dropped and may not. */
export function checkState(from: Pick<Manifest, 'plan'>, plan: Plan, allowDropped: boolean | undefined): string[] {
  const verdicts = comparePlans(from.plan, plan);
  const list = (found: NodeVerdict[]) => found.map((v) => `"${v.name}" (${v.why})`).join(', ');
  const incompatible = verdicts.filter((v) => v.verdict === 'incompatible');
  if (incompatible.length > 0) {
    throw new TidewheelError('TW4004', `the state of ${list(incompatible)} can't be used by the changed job`, {
      hint: 'Undo the change, rename the step so that it starts without state, or start the job under another name',
    });
  }
  const dropped = verdicts.filter((v) => v.verdict === 'dropped');
  if (dropped.length > 0 && !allowDropped) {
    throw new TidewheelError('TW4003', `the snapshot has state of ${list(dropped)}, the job has not`, {
      hint: 'Set spec.restore.allowDroppedState to leave it behind',
    });
  }
  return dropped.map((v) => v.name);
}
