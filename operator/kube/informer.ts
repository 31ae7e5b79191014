/**
 * A cache of all objects of a kind, kept up to date by a watch. Lists in pages, watches with bookmarks, goes on from its position
 * when the connection is lost, and lists again when that position is too old (410).
 */
import { backoffMs } from './backoff.js';
import type { KubeClient } from './client.js';
import { isGone } from './kube-error.js';
import { type KubeObject, keyOf, type ResourceType } from './objects.js';

export interface InformerOptions<T> {
  readonly type: ResourceType;
  /** One namespace; undefined: all. */
  readonly namespace: string | undefined;
  readonly labelSelector?: string;
  /** Keeps memory small: what is cached of an object. */
  readonly trim?: (object: T) => T;
  /** Objects are found by this as well, e.g. pods by their job. */
  readonly indexBy?: (object: T) => string | undefined;
  readonly onChange: (object: T) => void;
  readonly onError: (error: unknown) => void;
}

const PAGE = 500;
const WATCH_SECONDS = 300;

/** What the steps read of an informer. */
export interface ObjectCache<T extends KubeObject> {
  get(key: string): T | undefined;
  /** Objects whose `indexBy` is that. */
  indexed(index: string): readonly T[];
  readonly all: IterableIterator<T>;
  readonly size: number;
  /** Takes in the answer to a write, so that the next look doesn't see the object as it was before. */
  note(object: T): void;
}

export class Informer<T extends KubeObject> implements ObjectCache<T> {
  private readonly cache = new Map<string, T>();
  private readonly index = new Map<string, Map<string, T>>();
  private readonly stopping = new AbortController();
  private position = '';
  private done: Promise<void> = Promise.resolve();
  /** Lists made so far: the first one, and one after each 410. */
  lists = 0;
  /** The first list is complete. */
  isSynced = false;

  constructor(
    private readonly client: KubeClient,
    private readonly options: InformerOptions<T>,
  ) {}

  /** Resolves when the cache holds everything. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.done = this.run(resolve);
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done;
  }

  get(key: string): T | undefined {
    return this.cache.get(key);
  }

  indexed(index: string): readonly T[] {
    return [...(this.index.get(index)?.values() ?? [])];
  }

  get all(): IterableIterator<T> {
    return this.cache.values();
  }

  get size(): number {
    return this.cache.size;
  }

  note(object: T): void {
    const known = this.cache.get(keyOf(object));
    if (known && Number(known.metadata.resourceVersion) > Number(object.metadata.resourceVersion)) return;
    this.keep(object);
  }

  private keep(object: T): void {
    const key = keyOf(object);
    this.forget(key);
    const kept = this.trimmed(object);
    this.cache.set(key, kept);
    const by = this.options.indexBy?.(kept);
    if (by === undefined) return;
    let found = this.index.get(by);
    if (!found) this.index.set(by, (found = new Map()));
    found.set(key, kept);
  }

  private forget(key: string): void {
    const old = this.cache.get(key);
    if (!old) return;
    this.cache.delete(key);
    const by = this.options.indexBy?.(old);
    if (by === undefined) return;
    const found = this.index.get(by);
    found?.delete(key);
    if (found?.size === 0) this.index.delete(by);
  }

  private trimmed(object: T): T {
    delete (object.metadata as unknown as Record<string, unknown>).managedFields;
    return this.options.trim ? this.options.trim(object) : object;
  }

  private async run(synced: () => void): Promise<void> {
    let tries = 0;
    while (!this.stopping.signal.aborted) {
      try {
        if (this.position === '') {
          await this.relist();
          this.isSynced = true;
          synced();
        }
        tries = 0;
        await this.follow();
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        if (isGone(error)) {
          this.position = '';
          continue;
        }
        this.options.onError(error);
        await new Promise((resolve) => setTimeout(resolve, backoffMs(tries++, Math.random(), 200, 10_000)));
      }
    }
  }

  private async relist(): Promise<void> {
    this.lists++;
    const seen = new Set<string>();
    let page: string | undefined;
    let position = '';
    do {
      const { type, namespace, labelSelector } = this.options;
      const list = await this.client.list<T>(type, namespace, { labelSelector, limit: PAGE, continue: page });
      for (const item of list.items) {
        // Items of a list don't say what they are.
        item.apiVersion ??= type.group === '' ? type.version : `${type.group}/${type.version}`;
        item.kind ??= type.kind;
        const key = keyOf(item);
        seen.add(key);
        const changed = this.cache.get(key)?.metadata.resourceVersion !== item.metadata.resourceVersion;
        this.keep(item);
        if (changed) this.options.onChange(item);
      }
      position = list.metadata.resourceVersion;
      page = list.metadata.continue || undefined;
    } while (page !== undefined);
    for (const [key, object] of this.cache) {
      if (seen.has(key)) continue;
      this.forget(key);
      this.options.onChange(object);
    }
    this.position = position;
  }

  private async follow(): Promise<void> {
    const { type, namespace, labelSelector } = this.options;
    const watch = { labelSelector, resourceVersion: this.position, timeoutSeconds: WATCH_SECONDS };
    await this.client.watch<T>(
      type,
      namespace,
      watch,
      ({ type: what, object }) => {
        this.position = object.metadata.resourceVersion ?? this.position;
        if (what === 'BOOKMARK') return;
        if (what === 'DELETED') this.forget(keyOf(object));
        else this.note(object);
        this.options.onChange(object);
      },
      this.stopping.signal,
    );
  }
}
