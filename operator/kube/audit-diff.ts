/** What differs between two versions of an object, without values that could be secret. Pure. */
import { createHash } from 'node:crypto';

/** Path → value, or a hash of one that is not shown. */
export type Leaves = ReadonlyMap<string, string>;

const HASHED = '#';
/** Strings that are shown; all others may be secret, be it in a program's text, an address or an argument. */
const SHOWN = new Set([
  'image',
  'imagePullPolicy',
  'type',
  'serviceAccountName',
  'priorityClassName',
  'state',
  'upgradeMode',
]);
/** Lines of a diff; a whole new pod template says no more than its first. */
const MAX_LINES = 30;

export function leavesOf(kind: string, object: object): Leaves {
  const out = new Map<string, string>();
  const walk = (path: string, field: string, value: unknown): void => {
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) {
        const name = (item as { name?: unknown } | null)?.name;
        walk(`${path}[${typeof name === 'string' ? name : i}]`, field, item);
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, child] of Object.entries(value)) walk(path === '' ? name : `${path}.${name}`, name, child);
    } else if (value !== undefined) {
      const isOpen = kind !== 'Secret' && (typeof value !== 'string' || SHOWN.has(field));
      out.set(
        path,
        isOpen ? String(value) : HASHED + createHash('sha256').update(String(value)).digest('base64').slice(0, 8),
      );
    }
  };
  const { apiVersion: _a, kind: _k, ...rest } = object as Record<string, unknown>;
  walk('', '', rest);
  return out;
}

/** Lines such as `spec.replicas: 1 → 3`; of values that aren't shown, that they changed. */
export function diffOf(before: Leaves, now: Leaves): string[] {
  const paths = [...new Set([...before.keys(), ...now.keys()])].sort();
  const lines = paths.flatMap((path) => {
    const [old, next] = [before.get(path), now.get(path)];
    if (old === next) return [];
    if (next === undefined) return [`${path}: removed`];
    const isHidden = next.startsWith(HASHED) || old?.startsWith(HASHED);
    if (isHidden) return [`${path}: ${old === undefined ? 'set' : 'changed'}`];
    return [old === undefined ? `${path}: ${next}` : `${path}: ${old} → ${next}`];
  });
  return lines.length <= MAX_LINES ? lines : [...lines.slice(0, MAX_LINES), `and ${lines.length - MAX_LINES} more`];
}

const END = '\n';
const IS = '\t';

export function showLeaves(leaves: Leaves): string {
  return [...leaves].map(([path, value]) => path + IS + value.replaceAll(END, ' ')).join(END);
}

export function parseLeaves(text: string): Leaves {
  return new Map(text.split(END).flatMap((line) => (line === '' ? [] : [line.split(IS, 2) as [string, string]])));
}
