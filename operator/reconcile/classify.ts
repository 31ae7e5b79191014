/** The difference between what runs and what is asked for, by what it takes to get there. Pure. */
import type { StreamJobSpec } from '../../api/index.js';
import { OPERATOR_FIELDS, sorted } from '../resources/deployed.js';

export type ChangeClass = 'none' | 'inPlace' | 'upgrade';

export interface Difference {
  readonly kind: ChangeClass;
  /** Fields of the spec that differ. */
  readonly fields: readonly string[];
  /** In place, and the coordinator must read its file again. */
  readonly restartsCoordinator: boolean;
  /** Runner pods must be made anew. */
  readonly replacesRunners: boolean;
}

/** Followed by a rescale, while the coordinator stays. */
const SCALE = new Set<string>(['parallelism', 'slotsPerRunner', 'standbyRunners']);
/** Read by the coordinator alone: it is replaced while the tasks go on. */
const COORDINATOR = new Set<string>(['restart', 'coordinatorResources']);
const CHECKPOINT_IN_TASKS = ['guarantee', 'mode'] as const;
/** Parts of the runners' pods. */
const RUNNER_PODS = new Set<string>([
  'resources',
  'podTemplate',
  'image',
  'imagePullPolicy',
  'imagePullSecrets',
  'serviceAccountName',
  'priorityClassName',
  'env',
  'secrets',
  'tls',
  'storage',
  'logLevel',
]);
const OPERATOR = new Set<string>(OPERATOR_FIELDS);

/** What only the plan is made of: the tasks can go on with another one on the pods that there are. */
const BODY = new Set<string>(['sql', 'graph', 'options', 'stateTtl', 'timeZone']);

/** The change needs no other pods than those that run, nor other settings of the coordinator. */
export function isOfBody({ kind, fields }: Difference): boolean {
  return kind === 'upgrade' && fields.every((name) => BODY.has(name) || OPERATOR.has(name));
}

export function classify(old: StreamJobSpec, next: StreamJobSpec): Difference {
  const names = new Set([...Object.keys(old), ...Object.keys(next)]) as Set<keyof StreamJobSpec>;
  const fields = [...names].filter((name) => !same(partOf(old, name), partOf(next, name))).sort();
  let kind: ChangeClass = 'none';
  let restartsCoordinator = false;
  let replacesRunners = false;
  for (const name of fields) {
    if (OPERATOR.has(name)) continue;
    if (SCALE.has(name) && !sharesNothing(next)) {
      if (kind === 'none') kind = 'inPlace';
    } else if (
      COORDINATOR.has(name) ||
      (name === 'checkpoint' && !CHECKPOINT_IN_TASKS.some((f) => !same(old.checkpoint[f], next.checkpoint[f])))
    ) {
      if (kind === 'none') kind = 'inPlace';
      restartsCoordinator = true;
    } else {
      kind = 'upgrade';
      restartsCoordinator = true;
      if (RUNNER_PODS.has(name)) replacesRunners = true;
    }
  }
  return { kind, fields, restartsCoordinator, replacesRunners };
}

/** `restore.allowDroppedState` says what a change may do and is none itself. */
function partOf(spec: StreamJobSpec, name: keyof StreamJobSpec): unknown {
  if (name !== 'restore') return spec[name];
  const { allowDroppedState: _, ...beginning } = spec.restore;
  return beginning;
}

/** Without a store, pods have nothing through which state could go from one to another: such a job starts anew, as it asked for. */
export function sharesNothing(spec: StreamJobSpec): boolean {
  return spec.storage === undefined && spec.upgradeMode === 'stateless' && spec.mode !== 'batch';
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}
