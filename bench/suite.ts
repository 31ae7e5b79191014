/** What every suite is given by the command line, and has to offer. */
import type { FlinkPeer } from './engine/flink.js';
import type { Report } from './report.js';

export interface SuiteOptions {
  /** Of the suite's own cases, those wanted. */
  readonly names: readonly string[];
  readonly peers: readonly FlinkPeer[];
  readonly events: number;
  readonly slots: number;
  /** Runs of each case; the best counts. */
  readonly repeat: number;
  readonly check: boolean;
  /** A peer is ended when it has used so many times the CPU time that Tidewheel took. */
  readonly giveUp?: number;
  /** Where Tidewheel keeps state. */
  readonly state: 'heap' | 'disk';
  /** Folder for CPU profiles of a case. */
  readonly profileInto?: (name: string) => string;
  readonly report: Report;
}

export interface Suite {
  readonly describe: string;
  /** All cases; `--queries` takes some of them. */
  readonly names: () => readonly string[];
  /** Where `--events` is left out. */
  readonly events: number;
  readonly repeat: number;
  readonly run: (options: SuiteOptions) => Promise<void>;
}
