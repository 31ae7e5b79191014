/**
 * Names of transactions: `prefix-node-attempt-subtask-k`. The attempt tells a dead writer's from a living one's; k counts
 * the writer's transactions that are open or waiting to be committed at the same time.
 */
export interface TransactionalIdScope {
  readonly prefix: string;
  readonly nodeId: string;
}

export function transactionalId(
  { prefix, nodeId }: TransactionalIdScope,
  attempt: number,
  subtask: number,
  k: number,
): string {
  return `${prefix}-${nodeId}-${attempt}-${subtask}-${k}`;
}

/** The attempt that an id of this scope was made by; undefined for ids of others. */
export function attemptOf({ prefix, nodeId }: TransactionalIdScope, id: string): number | undefined {
  const scope = `${prefix}-${nodeId}-`;
  if (!id.startsWith(scope)) return undefined;
  const match = /^(\d+)-\d+-\d+$/.exec(id.slice(scope.length));
  return match ? Number(match[1]) : undefined;
}
