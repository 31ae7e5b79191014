/** The table of all scalar functions. */

import { ACCESS } from './access.js';
import { OPERATORS } from './arithmetic.js';
import { BITMAP } from './bitmap.js';
import { COLLECTION } from './collection.js';
import { COMPARISON } from './comparison.js';
import { CONDITIONAL } from './conditional.js';
import { CONSTRUCTION, ITEM } from './construction.js';
import { CONVERSION } from './conversion.js';
import type { FunctionDef } from './definition.js';
import { HASH } from './hash.js';
import { JSON_FUNCTIONS } from './json.js';
import { LOGICAL } from './logical.js';
import { MATH } from './math.js';
import { NOT_NULL } from './not-null.js';
import { REGEXP } from './regexp.js';
import { SCRIPT } from './script.js';
import { STRING_FUNCTIONS } from './string.js';
import { STRING_MORE } from './string-more.js';
import { STRUCTURED } from './structured.js';
import { TEMPORAL } from './temporal.js';
import { TEMPORAL_TEXT } from './temporal-text.js';
import { VARIANT } from './variant.js';

export const FUNCTIONS: readonly FunctionDef[] = [
  ...COMPARISON,
  ...LOGICAL,
  ...OPERATORS,
  ...MATH,
  ...STRING_FUNCTIONS,
  ...STRING_MORE,
  ...REGEXP,
  ...TEMPORAL,
  ...TEMPORAL_TEXT,
  ...CONDITIONAL,
  ...CONVERSION,
  ...COLLECTION,
  ...CONSTRUCTION,
  ...STRUCTURED,
  ...ACCESS,
  ...ITEM,
  ...JSON_FUNCTIONS,
  ...VARIANT,
  ...HASH,
  ...BITMAP,
];

const byId = new Map<string, FunctionDef>();
const byName = new Map<string, FunctionDef>();
// What only the planner writes isn't in the reference.
for (const def of [...SCRIPT, ...NOT_NULL]) byId.set(def.id, def);
for (const def of FUNCTIONS) {
  if (byId.has(def.id)) throw new TypeError(`two functions have the id ${def.id}`);
  byId.set(def.id, def);
  for (const name of def.names) {
    if (byName.has(name)) throw new TypeError(`two functions have the name ${name}`);
    byName.set(name, def);
  }
}

export function functionById(id: string): FunctionDef | undefined {
  return byId.get(id);
}

/** The function of an SQL name, in any case. */
export function functionByName(name: string): FunctionDef | undefined {
  return byName.get(name.toUpperCase());
}

export function functionNames(): string[] {
  return [...byName.keys()];
}
