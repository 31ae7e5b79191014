/** Names in a plan → connectors, formats, transforms. */
import { formats } from '../formats/index.js';
import type { Registry } from '../task/environment.js';
import { loadTransform, TRANSFORM_NAMES } from '../transform/registry.js';
import { outside, UnknownNameError } from './outside.js';

export { UnknownNameError } from './outside.js';

function known<T>(what: string, name: string, found: T | undefined, names: readonly string[]): T {
  if (!found) throw new UnknownNameError(`there is no ${what} '${name}'; there are ${names.join(', ')}`);
  return found;
}

export const registry: Registry = {
  ...outside,
  async format(name) {
    const found = Object.hasOwn(formats, name) ? formats[name] : undefined;
    return known('format', name, found, Object.keys(formats).sort());
  },
  async transform(kind) {
    return known('transform', kind, await loadTransform(kind), TRANSFORM_NAMES);
  },
};
