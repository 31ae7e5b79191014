/**
 * Long calls to coordinators. They run beside the queue, so that a savepoint of minutes keeps no hand busy; when one settles, its
 * job is looked at again. They live in memory only: after a restart of the operator what is still wanted is asked for again.
 */
export interface Operation {
  readonly name: string;
  readonly generation: number;
  readonly startedMs: number;
  state: 'running' | 'done' | 'failed';
  result?: unknown;
  error?: Error;
  settledMs?: number;
}

export class Operations {
  private readonly current = new Map<string, Operation>();

  constructor(private readonly settled: (key: string) => void) {}

  get(key: string): Operation | undefined {
    return this.current.get(key);
  }

  /** Starts unless one is running for that key; then that one is returned. */
  start(key: string, name: string, generation: number, work: () => Promise<unknown>): Operation {
    const running = this.current.get(key);
    if (running?.state === 'running') return running;
    const operation: Operation = { name, generation, startedMs: Date.now(), state: 'running' };
    this.current.set(key, operation);
    work()
      .then(
        (result) => {
          operation.state = 'done';
          operation.result = result;
        },
        (error) => {
          operation.state = 'failed';
          operation.error = error as Error;
        },
      )
      .finally(() => {
        operation.settledMs = Date.now();
        this.settled(key);
      });
    return operation;
  }

  /** Forgets a settled one. */
  clear(key: string): void {
    if (this.current.get(key)?.state !== 'running') this.current.delete(key);
  }
}
