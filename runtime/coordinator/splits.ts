/**
 * Sources' splits: enumerated here, so that every reader sees the same list; assigned to subtasks; found again in the snapshot by
 * their ids. A split that the snapshot doesn't know is new and starts where the connector says.
 */
import type { Plan, PlanNode, SourceSpec } from '../graph/plan.js';
import type { NodeSnapshot, SplitSnapshot } from '../snapshot/manifest.js';
import type { ConnectorContext, Logger } from '../source/contract.js';
import type { Registry } from '../task/environment.js';

const NOTICE_MS = 3000;

export class SplitAssigner {
  private readonly known = new Map<string, Set<string>>();
  private readonly timers: NodeJS.Timeout[] = [];
  /** A source that doesn't answer, in words. */
  waitingFor: string | undefined;

  constructor(
    private readonly plan: Plan,
    private readonly registry: Pick<Registry, 'source'>,
    private readonly job: string,
    private readonly baseDir: string,
    private readonly log: Logger,
    private readonly resolve: (text: string) => string,
  ) {}

  get sources(): PlanNode[] {
    return this.plan.nodes.filter((n) => n.spec.kind === 'source');
  }

  /** Splits per node and subtask, and the nodes that get no more. Rejects when a source can't be reached. */
  async assign(
    widthOf: (node: PlanNode) => number,
    restored: Readonly<Record<string, NodeSnapshot>> | undefined,
  ): Promise<{ splits: Map<string, SplitSnapshot[][]>; noMore: string[] }> {
    const splits = new Map<string, SplitSnapshot[][]>();
    const noMore: string[] = [];
    await Promise.all(
      this.sources.map(async (node) => {
        const connector = await this.registry.source((node.spec as SourceSpec).connector);
        const context = this.context(node);
        const saved = new Map((restored?.[node.id]?.splits ?? []).map((s) => [s.id, s]));
        const found = await this.noticing(
          node,
          connector.enumerate(context, saved.size > 0 ? new Set(saved.keys()) : undefined),
        );
        const all = found.map((s): SplitSnapshot => saved.get(s.id) ?? { ...s, watermark: null });
        // Splits that were read in part and aren't listed any more (a file renamed) are read on.
        for (const s of saved.values()) if (!found.some((f) => f.id === s.id)) all.push(s);
        this.known.set(node.id, new Set(all.map((s) => s.id)));
        const width = widthOf(node);
        const perSubtask = Array.from({ length: width }, (): SplitSnapshot[] => []);
        for (const [i, s] of all.entries()) perSubtask[i % width].push(s);
        splits.set(node.id, perSubtask);
        const interval = connector.discoveryIntervalMs?.(context.options);
        if (!interval) noMore.push(node.id);
      }),
    );
    return { splits, noMore };
  }

  /** Looks for new splits again and again, where the connector asks for it. */
  async watch(
    widthOf: (node: PlanNode) => number,
    found: (node: PlanNode, subtask: number, splits: SplitSnapshot[]) => void,
  ): Promise<void> {
    this.stop();
    for (const node of this.sources) {
      const connector = await this.registry.source((node.spec as SourceSpec).connector);
      const context = this.context(node);
      const interval = connector.discoveryIntervalMs?.(context.options);
      if (!interval) continue;
      let busy = false;
      const timer = setInterval(async () => {
        if (busy) return;
        busy = true;
        try {
          const known = this.known.get(node.id)!;
          const fresh = (await connector.enumerate(context, known)).filter((s) => !known.has(s.id));
          for (const s of fresh) {
            const subtask = known.size % widthOf(node);
            known.add(s.id);
            this.log.info({ source: node.id, split: s.id, subtask }, 'found a new split');
            found(node, subtask, [{ ...s, watermark: null }]);
          }
        } catch (error) {
          this.log.warn({ source: node.id, error: (error as Error).message }, "can't look for new splits");
        } finally {
          busy = false;
        }
      }, interval);
      timer.unref();
      this.timers.push(timer);
    }
  }

  /** Says so while a source can't be reached: a job that waits must not look like one that hangs. */
  private async noticing<T>(node: PlanNode, work: Promise<T>): Promise<T> {
    const started = Date.now();
    const timer = setInterval(() => {
      const waitedS = Math.round((Date.now() - started) / 1000);
      const { connector } = node.spec as SourceSpec;
      this.waitingFor = `${node.name}: no answer from its ${connector} for ${waitedS} s`;
      this.log.warn(
        { source: node.id, connector, waitedS },
        `${node.name}: still waiting for its ${connector} to answer`,
      );
    }, NOTICE_MS);
    try {
      return await work;
    } finally {
      this.waitingFor = undefined;
      clearInterval(timer);
    }
  }

  stop(): void {
    for (const timer of this.timers.splice(0)) clearInterval(timer);
  }

  private context(node: PlanNode): ConnectorContext {
    const spec = node.spec as SourceSpec;
    const options = Object.fromEntries(Object.entries(spec.options).map(([k, v]) => [k, this.resolve(v)]));
    return { spec, options, log: this.log, jobName: this.job, baseDir: this.baseDir };
  }
}
