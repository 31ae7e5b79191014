/**
 * References in options: `${env:NAME}` and `${secret:NAME/KEY}`. Plans carry the references; values are looked up only where the
 * job runs, and never written anywhere.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TidewheelError } from '../../api/errors.js';

export interface ReferenceSource {
  /** The environment; pass process.env from an entry point. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder with a folder per Secret and a file per key, as Kubernetes mounts them. */
  readonly secretsDir?: string;
}

const REFERENCE = /\$\{(env|secret):([^}]*)\}/g;

/** A function that replaces all references in a text. It throws TW1303 for those that are not there. */
export function referenceResolver(source: ReferenceSource): (text: string) => string {
  return (text) =>
    text.includes('${')
      ? text.replace(REFERENCE, (whole, kind: string, name: string) =>
          kind === 'env' ? fromEnvironment(source, whole, name) : fromSecret(source, whole, name),
        )
      : text;
}

/** The names of all references in options, as written. */
export function referencesIn(options: Readonly<Record<string, string>>): string[] {
  return Object.values(options).flatMap((value) => [...value.matchAll(REFERENCE)].map((match) => match[0]));
}

function fromEnvironment(source: ReferenceSource, whole: string, name: string): string {
  const value = source.env[name];
  if (value === undefined) {
    throw new TidewheelError('TW1303', `${whole}: the environment variable is not set`, {
      hint: `Set ${name}, or on Kubernetes add it to spec.env`,
    });
  }
  return value;
}

function fromSecret(source: ReferenceSource, whole: string, name: string): string {
  const match = /^([a-z0-9][a-z0-9.-]*)\/([A-Za-z0-9_][A-Za-z0-9._-]*)$/.exec(name);
  if (!match) {
    throw new TidewheelError('TW1303', `${whole}: not a reference to a key of a Secret`, {
      hint: 'Write ${secret:NAME/KEY}',
    });
  }
  const [, secret, key] = match;
  if (source.secretsDir === undefined) {
    throw new TidewheelError('TW1303', `${whole}: no folder with secrets is known`, {
      hint: `Outside Kubernetes, set TIDEWHEEL_SECRETS_DIR to a folder that has the file ${secret}/${key}`,
    });
  }
  try {
    return readFileSync(join(source.secretsDir, secret, key), 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new TidewheelError('TW1303', `${whole}: the Secret or its key is not there`, {
      hint: `Add ${secret} to spec.secrets, and the key ${key} to the Secret`,
      cause,
    });
  }
}
