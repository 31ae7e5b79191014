/** Which pairs of types have a CAST. */
import { type DataType, typeToString } from '../../record/types.js';
import * as t from '../typing.js';

/** A reason why there is no CAST between the types, or `undefined` when there is one. */
export function castProblem(from: DataType, to: DataType): string | undefined {
  if (from.kind === 'NULL' || from.kind === 'ANY' || to.kind === 'ANY') return undefined;
  const none = `no CAST from ${typeToString(t.withNullable(from, true))} to ${typeToString(t.withNullable(to, true))}`;
  if (from.kind === 'VARIANT' && to.kind !== 'VARIANT') return `${none}; JSON_STRING(variant) gives its text`;
  if (t.isString(to)) return undefined;
  if (t.isString(from))
    return t.isInterval(to) || isComposite(to) || to.kind === 'VARIANT' || to.kind === 'BITMAP' || to.kind === 'NULL'
      ? none
      : undefined;
  if (t.isBinary(to)) return t.isBinary(from) ? undefined : none;
  if (to.kind === 'BOOLEAN') return from.kind === 'BOOLEAN' || t.isNumeric(from) ? undefined : none;
  if (t.isNumeric(to)) {
    if (t.isNumeric(from) || from.kind === 'BOOLEAN') return undefined;
    if (from.kind === 'TIMESTAMP') return `${none}; UNIX_TIMESTAMP(CAST(ts AS STRING)) gives seconds`;
    return none;
  }
  if (t.isInterval(to)) return from.kind === to.kind ? undefined : `${none}; number * INTERVAL '1' DAY is one`;
  if (t.isTemporal(to)) {
    if (t.isNumeric(from)) return `${none}; TO_TIMESTAMP_LTZ(number, precision) does that`;
    if (!t.isTemporal(from)) return none;
    if (from.kind === 'TIME') return to.kind === 'DATE' ? none : undefined;
    return from.kind === 'DATE' && to.kind === 'TIME' ? none : undefined;
  }
  if (from.kind !== to.kind) return none;
  switch (from.kind) {
    case 'ARRAY':
    case 'MULTISET':
      return castProblem(from.element, (to as typeof from).element);
    case 'MAP':
      return castProblem(from.key, (to as typeof from).key) ?? castProblem(from.value, (to as typeof from).value);
    case 'ROW': {
      const fields = (to as typeof from).fields;
      if (fields.length !== from.fields.length) return none;
      for (let i = 0; i < fields.length; i++) {
        const problem = castProblem(from.fields[i].type, fields[i].type);
        if (problem) return problem;
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

const isComposite = (type: DataType) => ['ARRAY', 'MAP', 'MULTISET', 'ROW'].includes(type.kind);
