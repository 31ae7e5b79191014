/**
 * References in options, put in place where they are used and nowhere else, so that values never reach a plan, a status or a
 * snapshot: `${env:NAME}` is an environment variable, `${secret:NAME}` one that Kubernetes filled from a Secret.
 */
export class MissingReferenceError extends Error {
  readonly code = 'TW1202';
}

const REFERENCE = /\$\{(env|secret):([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** Throws MissingReferenceError when a variable is not set and no default (`${env:NAME:-default}`) is given. */
export function resolveReferences(text: string, env: NodeJS.ProcessEnv = process.env): string {
  if (!text.includes('${')) return text;
  return text.replace(REFERENCE, (reference, _kind, name: string, fallback: string | undefined) => {
    const value = env[name] ?? fallback;
    if (value === undefined)
      throw new MissingReferenceError(`${reference} is used, but ${name} is not set in the runner's environment`);
    return value;
  });
}
