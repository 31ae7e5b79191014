import { type Filled, integer, list, object, required, text } from './schema.js';

/** Condition types of all resources. `kubectl wait --for=condition=Ready` and Argo CD read them. */
export const CONDITION_TYPES = ['Ready', 'Progressing', 'Degraded'] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

export const condition = object('One aspect of the state of the resource.', {
  type: required(text('Aspect: Ready, Progressing or Degraded.', { maxLength: 316 })),
  status: required(
    text('True, False or Unknown.', { pattern: '^(True|False|Unknown)$', patternText: 'True, False or Unknown' }),
  ),
  observedGeneration: integer('Generation of the spec that this condition was made from.', {
    minimum: 0,
    format: 'int64',
  }),
  lastTransitionTime: required(text('When `status` last changed.', { format: 'date-time' })),
  reason: required(text('One CamelCase word for programs.', { maxLength: 1024 })),
  message: required(text('A sentence for people.', { maxLength: 32768 })),
});

export const conditions = list('Ready, Progressing and Degraded, each with reason and message.', condition, {
  maxItems: 16,
  listMapKeys: ['type'],
});

export type Condition = Filled<typeof condition>;

export interface ConditionChange {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/**
 * The list with one condition set. `lastTransitionTime` moves only when `status` changes; a list in which nothing changed
 * is returned as it is, so that callers can skip the write.
 */
export function setCondition(
  list: readonly Condition[],
  change: ConditionChange,
  observedGeneration: number,
  now: Date,
): readonly Condition[] {
  const old = list.find((c) => c.type === change.type);
  if (
    old &&
    old.status === change.status &&
    old.reason === change.reason &&
    old.message === change.message &&
    old.observedGeneration === observedGeneration
  ) {
    return list;
  }
  const next: Condition = {
    ...change,
    observedGeneration,
    lastTransitionTime: old && old.status === change.status ? old.lastTransitionTime : now.toISOString(),
  };
  return old ? list.map((c) => (c === old ? next : c)) : [...list, next];
}

/** The condition of that type, if there is one. */
export function findCondition(list: readonly Condition[] | undefined, type: ConditionType): Condition | undefined {
  return list?.find((c) => c.type === type);
}
