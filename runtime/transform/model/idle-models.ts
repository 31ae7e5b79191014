/**
 * Opened models that no step uses for the moment, by what they are: a job that restarts or is deployed anew asks for the same models
 * again at once, and opening one takes longer than all the rest of a start. Each is handed out once; what is not asked for is closed.
 */
import type { LoadedModel } from '../../model/contract.js';

const KEEP_MS = 60_000;
const MAX_KEPT = 4;

export class IdleModels {
  /** The one that came last comes last. */
  private readonly kept = new Map<string, { readonly model: LoadedModel; readonly timer: NodeJS.Timeout }>();
  private isClosed = false;

  constructor(private readonly keepMs: number = KEEP_MS) {}

  /** The model is the caller's, and its golden rows are answered. */
  take(key: string): LoadedModel | undefined {
    const found = this.kept.get(key);
    if (!found) return undefined;
    clearTimeout(found.timer);
    this.kept.delete(key);
    return found.model;
  }

  /** Keeps it for a while. The caller must not use it any more. */
  async give(key: string, model: LoadedModel): Promise<void> {
    if (this.isClosed || this.kept.has(key)) {
      await model.close();
      return;
    }
    const timer = setTimeout(() => void this.drop(key), this.keepMs);
    timer.unref();
    this.kept.set(key, { model, timer });
    if (this.kept.size > MAX_KEPT) await this.drop(this.kept.keys().next().value!);
  }

  private async drop(key: string): Promise<void> {
    await this.take(key)?.close();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.kept.keys()].map((key) => this.drop(key)));
  }
}
