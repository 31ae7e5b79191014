/** HDF5 files in memory, by h5wasm. Throws TW7202 for bytes that are no HDF5 file, or one that is cut short. */
import { randomUUID } from 'node:crypto';
import { TidewheelError } from '../../../api/errors.js';

export interface Hdf5Dataset {
  readonly shape: number[] | null;
  readonly value: unknown;
}

export interface Hdf5Group {
  readonly attrs: Record<string, { readonly value: unknown }>;
  keys(): string[];
  get(path: string): Hdf5Group | Hdf5Dataset | null;
}

interface H5Module {
  readonly ready: Promise<{
    readonly FS: { writeFile(name: string, bytes: Uint8Array): void; unlink(name: string): void };
    activate_throwing_error_handler(): number;
  }>;
  readonly File: new (name: string, mode: 'r') => Hdf5Group & { close(): void };
}

/** Calls `read` with the root group. What it returns must not refer to the file. */
export async function withHdf5<T>(bytes: Uint8Array, what: string, read: (root: Hdf5Group) => T): Promise<T> {
  const name: string = 'h5wasm/node';
  const h5 = (await import(name)) as H5Module;
  const library = await h5.ready;
  // It prints what goes wrong, else.
  library.activate_throwing_error_handler();
  const { FS } = library;
  // The folder of the library's own memory; no file of this machine.
  const file = `/${randomUUID()}.h5`;
  FS.writeFile(file, bytes);
  let root: (Hdf5Group & { close(): void }) | undefined;
  try {
    root = new h5.File(file, 'r');
    return read(root);
  } catch (error) {
    if (error instanceof TidewheelError) throw error;
    throw new TidewheelError('TW7202', `${what} can’t be read as HDF5: ${(error as Error).message}`, { cause: error });
  } finally {
    root?.close();
    FS.unlink(file);
  }
}

export function isGroup(node: Hdf5Group | Hdf5Dataset | null | undefined): node is Hdf5Group {
  return !!node && typeof (node as Hdf5Group).keys === 'function';
}

/** What is at `path`, or null. */
export function nodeAt(group: Hdf5Group, path: string): Hdf5Group | Hdf5Dataset | null {
  try {
    return group.get(path);
  } catch {
    return null;
  }
}

/** A weight, copied out of the file. */
export interface Weight {
  readonly shape: number[];
  readonly values: Float32Array;
}

/** Throws TW7202 when there is no such data set, or its values are no numbers. */
export function weightAt(group: Hdf5Group, path: string): Weight {
  const node = nodeAt(group, path);
  if (!node || isGroup(node)) throw new TidewheelError('TW7202', `the weight '${path}' is missing`);
  const { value, shape } = node;
  const plain = typeof value === 'number' || typeof value === 'bigint' ? [Number(value)] : value;
  if (!ArrayBuffer.isView(plain) && !Array.isArray(plain)) {
    throw new TidewheelError('TW7202', `the weight '${path}' has no numbers`);
  }
  return { shape: shape ?? [], values: Float32Array.from(plain as unknown as ArrayLike<number>) };
}
