/** The few things that snapshots need of an object store. */
export interface ObjectStore {
  /** Writes an object, atomically: readers see all of it or nothing. `ifAbsent`: throws ObjectExistsError when it is there. */
  put(key: string, bytes: Buffer, options?: { readonly ifAbsent?: boolean }): Promise<void>;
  /** The object, or bytes [offset, offset + length) of it. Throws ObjectMissingError. */
  get(key: string, range?: { readonly offset: number; readonly length: number }): Promise<Buffer>;
  /** Keys that begin with `prefix`, sorted. */
  list(prefix: string): Promise<string[]>;
  /** Deletes; keys that aren't there are no error. */
  delete(keys: readonly string[]): Promise<void>;
  /** Where there are copies nearer by: drops that of an object, which is not as it should be; false: there is none. */
  dropCopy?(key: string): Promise<boolean>;
  /** For messages: `s3://bucket/prefix`, without secrets. */
  readonly description: string;
  /** What keeps it from answering right now, in words; undefined: nothing that it knows of. */
  readonly trouble?: string | undefined;
}

export class ObjectMissingError extends Error {
  readonly code = 'TW4101';
  constructor(
    readonly key: string,
    where: string,
  ) {
    super(`${key} is not in ${where}`);
  }
}

export class ObjectExistsError extends Error {
  readonly code = 'TW4102';
  constructor(
    readonly key: string,
    where: string,
  ) {
    super(`${key} is in ${where} already`);
  }
}

/** The store can't be reached or refuses; `retryable` says whether the same call may go through later. */
export class StoreError extends Error {
  readonly code = 'TW4103';
  constructor(
    message: string,
    readonly retryable: boolean,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Where a job's snapshots go. Secrets are read from the environment where the process starts, not kept here. */
export type StoreSpec =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 's3';
      readonly endpoint: string;
      readonly bucket: string;
      readonly prefix: string;
      readonly region?: string;
      readonly accessKey?: string;
      readonly secretKey?: string;
    };

/** Where the keys of an S3 are when nobody says: references, as specs have them. */
export const KEYS_IN_ENVIRONMENT = {
  accessKey: '${env:TIDEWHEEL_S3_ACCESS_KEY}',
  secretKey: '${env:TIDEWHEEL_S3_SECRET_KEY}',
} as const;
