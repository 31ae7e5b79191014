/** The engines beside which a case is run, each on the same input and in the same run. */
import type { Usage } from '../measure/process-tree.js';
import type { Report, Result } from '../report.js';
import { type Flink, type FlinkPeer, GivenUp, startFlinkPeer } from './flink.js';

/** What a peer used, and whether its answer is the same. */
export interface PeerRun {
  readonly usage: Usage;
  readonly check?: string;
}

/** A peer's JVM starts when it is first needed, and anew behind a run that was given up. */
export class Peers {
  private readonly running = new Map<FlinkPeer, Flink>();

  constructor(
    private readonly names: readonly FlinkPeer[],
    /** A run is ended when it has used so many times our CPU time. */
    private readonly giveUp: number | undefined,
    private readonly report: Pick<Report, 'result' | 'problem'>,
  ) {}

  /** Runs a case on each and reports it beside our own result. `run` hands `mostCpuS` on to the run that counts. */
  async compare(
    own: Result,
    target: number | undefined,
    run: (flink: Flink, mostCpuS: number | undefined) => Promise<PeerRun>,
  ): Promise<void> {
    for (const name of this.names) {
      const flink = this.running.get(name) ?? (await startFlinkPeer(name));
      this.running.set(name, flink);
      try {
        const { usage, check } = await run(flink, this.giveUp && this.giveUp * own.cpuS);
        this.report.result({ ...beside(own, name, usage), target, check });
      } catch (error) {
        if (!(error instanceof GivenUp)) this.report.problem(own.query, name, (error as Error).message);
        else {
          this.running.delete(name);
          await flink.stop();
          // Its rate is lower than that, and the ratio higher.
          this.report.result({ ...beside(own, name, error.usage), target, check: `at least: ${error.message}` });
        }
      }
    }
  }

  async stop(): Promise<void> {
    for (const flink of this.running.values()) await flink.stop();
  }
}

function beside({ query, events, cpuS: ownS }: Result, engine: string, { wallS, cpuS, peakRssMb }: Usage): Result {
  return { query, engine, events, wallS, cpuS, eventsPerCpuS: events / cpuS, peakRssMb, ratio: cpuS / ownS };
}
