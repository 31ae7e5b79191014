/** One cache over several namespaces: a watch for each, since rights in some namespaces don't allow a watch of all. */
import type { KubeClient } from './client.js';
import { Informer, type InformerOptions, type ObjectCache } from './informer.js';
import { type KubeObject, splitKey } from './objects.js';

export class Informers<T extends KubeObject> implements ObjectCache<T> {
  private readonly byNamespace: ReadonlyMap<string | undefined, Informer<T>>;

  /** `namespaces` empty: one watch of the whole cluster. */
  constructor(client: KubeClient, namespaces: readonly string[], options: Omit<InformerOptions<T>, 'namespace'>) {
    const spaces = namespaces.length === 0 ? [undefined] : [...new Set(namespaces)];
    this.byNamespace = new Map(
      spaces.map((namespace) => [namespace, new Informer<T>(client, { ...options, namespace })]),
    );
  }

  /** Resolves when the caches hold everything. */
  async start(): Promise<void> {
    await Promise.all([...this.byNamespace.values()].map((i) => i.start()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.byNamespace.values()].map((i) => i.stop()));
  }

  get isSynced(): boolean {
    return [...this.byNamespace.values()].every((i) => i.isSynced);
  }

  get(key: string): T | undefined {
    return this.of(splitKey(key).namespace)?.get(key);
  }

  indexed(index: string): readonly T[] {
    return [...this.byNamespace.values()].flatMap((i) => i.indexed(index));
  }

  get all(): IterableIterator<T> {
    return this.objects();
  }

  get size(): number {
    let size = 0;
    for (const informer of this.byNamespace.values()) size += informer.size;
    return size;
  }

  note(object: T): void {
    this.of(object.metadata.namespace ?? '')?.note(object);
  }

  private of(namespace: string): Informer<T> | undefined {
    return this.byNamespace.get(undefined) ?? this.byNamespace.get(namespace);
  }

  private *objects(): IterableIterator<T> {
    for (const informer of this.byNamespace.values()) yield* informer.all;
  }
}
