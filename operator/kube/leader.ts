/**
 * One of several operators leads: whoever holds the Lease. A leader that can't renew in time steps back before another may take
 * over; the clocks of the two need not agree, only run equally fast.
 */
import type { KubeClient } from './client.js';
import { isConflict } from './kube-error.js';
import { type KubeObject, LEASES } from './objects.js';

export interface LeaderOptions {
  readonly namespace: string;
  readonly name: string;
  /** Who we are, e.g. the pod's name. */
  readonly identity: string;
  readonly durationMs?: number;
  readonly retryMs?: number;
  readonly onLost: () => void;
  readonly onError: (error: unknown) => void;
}

interface Lease extends KubeObject {
  spec: { holderIdentity?: string; leaseDurationSeconds?: number; renewTime?: string; leaseTransitions?: number };
}

export class Leader {
  private readonly durationMs: number;
  private readonly retryMs: number;
  private stopped = false;
  private leads = false;
  private isHeld = false;
  private renewedAt = 0;
  private seen = { mark: '', atMs: 0 };
  private wake: () => void = () => {};

  constructor(
    private readonly client: KubeClient,
    private readonly options: LeaderOptions,
  ) {
    this.durationMs = options.durationMs ?? 15_000;
    this.retryMs = options.retryMs ?? 2000;
  }

  get isLeader(): boolean {
    return this.leads;
  }

  /** Who leads is known: we do, or the Lease says that another one does. */
  get isSettled(): boolean {
    return this.leads || this.isHeld;
  }

  /** Resolves when we lead; goes on renewing. */
  async acquire(): Promise<void> {
    while (!this.stopped && !(await this.attempt())) await this.pause();
    if (!this.stopped) void this.keep();
  }

  /** Lets another one lead at once. */
  async release(): Promise<void> {
    this.stopped = true;
    this.wake();
    if (!this.leads) return;
    this.leads = false;
    const { namespace, name } = this.options;
    await this.client
      .mergePatch(LEASES, namespace, name, { spec: { holderIdentity: '', leaseDurationSeconds: 1 } })
      .catch(this.options.onError);
  }

  private async keep(): Promise<void> {
    while (!this.stopped) {
      await this.pause();
      if (this.stopped) return;
      const kept = await this.attempt();
      if (!kept && (!this.leads || Date.now() - this.renewedAt > this.durationMs * (2 / 3))) {
        this.leads = false;
        this.options.onLost();
        return;
      }
    }
  }

  private async attempt(): Promise<boolean> {
    const { namespace, name, identity } = this.options;
    try {
      const lease = await this.client.get<Lease>(LEASES, namespace, name);
      const now = new Date().toISOString().replace('Z', '000Z');
      const mine = { holderIdentity: identity, leaseDurationSeconds: this.durationMs / 1000, renewTime: now };
      if (!lease) {
        await this.client.create({
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name, namespace },
          spec: { ...mine, acquireTime: now, leaseTransitions: 0 },
        });
      } else {
        const holder = lease.spec.holderIdentity ?? '';
        const mark = `${holder} ${lease.spec.renewTime}`;
        if (mark !== this.seen.mark) this.seen = { mark, atMs: Date.now() };
        const heldMs = (lease.spec.leaseDurationSeconds ?? 0) * 1000;
        if (holder !== '' && holder !== identity) {
          this.leads = false;
          this.isHeld = Date.now() - this.seen.atMs < heldMs;
          if (this.isHeld) return false;
        }
        const took =
          holder === identity ? {} : { acquireTime: now, leaseTransitions: (lease.spec.leaseTransitions ?? 0) + 1 };
        await this.client.replace({ ...lease, spec: { ...lease.spec, ...mine, ...took } });
      }
      this.leads = true;
      this.renewedAt = Date.now();
      return true;
    } catch (error) {
      this.isHeld = false;
      if (!isConflict(error)) this.options.onError(error);
      return false;
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.retryMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
