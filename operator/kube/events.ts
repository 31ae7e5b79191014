/** Events: what `kubectl describe` and `kubectl events` show. Losing one is no failure of the work that it tells of. */
import { randomBytes } from 'node:crypto';
import type { KubeClient } from './client.js';
import type { KubeObject } from './objects.js';

export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  /** One CamelCase word. */
  readonly reason: string;
  readonly note: string;
  readonly action: string;
}

const SAME_MS = 60_000;
const MAX_NOTE = 1000;

export class EventRecorder {
  private readonly last = new Map<string, number>();

  constructor(
    private readonly client: KubeClient,
    private readonly instance: string,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Tells it once a minute at most. */
  record(about: KubeObject, event: EventNote): void {
    const { namespace, name, uid, resourceVersion } = about.metadata;
    const key = `${uid} ${event.reason} ${event.note}`;
    const now = Date.now();
    if (now - (this.last.get(key) ?? 0) < SAME_MS) return;
    if (this.last.size > 10_000) this.last.clear();
    this.last.set(key, now);
    void this.client
      .create({
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: `${name.slice(0, 220)}.${randomBytes(8).toString('hex')}`, namespace },
        eventTime: new Date(now).toISOString().replace('Z', '000Z'),
        reportingController: 'tidewheel.dev/operator',
        reportingInstance: this.instance.slice(0, 128),
        type: event.type,
        reason: event.reason,
        action: event.action,
        note: event.note.slice(0, MAX_NOTE),
        regarding: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid, resourceVersion },
      })
      .catch(this.onError);
  }
}
