import type { ErrorMessage, StreamJobSpec } from '../../api/index.js';
import type { Connector } from '../connectors/index.js';
import type { Format } from '../formats/contract.js';
import type { Plan } from '../graph/plan.js';
import type { Field } from '../record/types.js';

/** A job, read, checked and planned: what `run`, the coordinator and `explain` start from. */
export interface JobDefinition {
  readonly name: string;
  readonly namespace?: string;
  /** As it was given on the command line. */
  readonly file: string;
  /** Folder that relative paths in the job are relative to. */
  readonly baseDir: string;
  /** With defaults filled in; `sql` settings (SET) merged in. */
  readonly spec: StreamJobSpec;
  readonly plan: Plan;
  readonly warnings: readonly ErrorMessage[];
}

/** What jobs are checked against. The defaults know everything that Tidewheel ships. */
export interface JobCatalog {
  readonly connectorNames: readonly string[];
  connector(name: string): Promise<Connector | undefined>;
  formatNames(): Promise<readonly string[]>;
  format(name: string): Promise<Format | undefined>;
  /** Columns as in CREATE TABLE → fields. Throws a TidewheelError whose `where` has line and column in the text. */
  parseColumns(text: string): Promise<Field[]>;
}

export interface LoadOptions {
  readonly catalog?: JobCatalog;
  /** Fields of the spec that win over those of the file, e.g. from the command line. */
  readonly overrides?: Partial<Pick<StreamJobSpec, 'parallelism' | 'mode' | 'storage' | 'restore' | 'logLevel'>> & {
    /** Only its fields that are given. */
    readonly stateBackend?: Partial<StreamJobSpec['stateBackend']>;
  };
}
