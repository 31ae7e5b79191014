import type { IntervalQualifier } from '../ast/literal.js';
import type { RowField, TypeNode } from '../ast/type.js';
import { identifierText, list, phrase, qualifiedText, stringText } from './text.js';

export function typeText(type: TypeNode): string {
  return type.nullable ? bareTypeText(type) : `${bareTypeText(type)} NOT NULL`;
}

function bareTypeText(type: TypeNode): string {
  switch (type.kind) {
    case 'ScalarType': {
      const { precision, scale } = type;
      const numbers =
        precision === undefined ? '' : scale === undefined ? `(${precision})` : `(${precision}, ${scale})`;
      return type.name === 'TIMESTAMP_TZ' ? `TIMESTAMP${numbers} WITH TIME ZONE` : type.name + numbers;
    }
    case 'IntervalType':
      return `INTERVAL ${intervalQualifierText(type.qualifier)}`;
    case 'ArrayType':
      return `ARRAY<${typeText(type.element)}>`;
    case 'MultisetType':
      return `MULTISET<${typeText(type.element)}>`;
    case 'MapType':
      return `MAP<${typeText(type.key)}, ${typeText(type.value)}>`;
    case 'RowType':
      if (type.className !== undefined) {
        return `STRUCTURED<${[stringText(type.className), ...type.fields.map(fieldText)].join(', ')}>`;
      }
      return `ROW<${list(type.fields, fieldText)}>`;
    case 'RawType':
      return `RAW(${stringText(type.className)}, ${stringText(type.serializer)})`;
    case 'UserType':
      return qualifiedText(type.name);
  }
}

export function fieldText(field: RowField): string {
  return phrase(
    identifierText(field.name),
    typeText(field.type),
    field.comment !== undefined && stringText(field.comment),
  );
}

/** `DAY(2) TO SECOND(3)`. */
export function intervalQualifierText(qualifier: IntervalQualifier): string {
  const { from, to, precision, fraction } = qualifier;
  const digits =
    precision === undefined ? '' : to || fraction === undefined ? `(${precision})` : `(${precision}, ${fraction})`;
  const trailing = to && (fraction === undefined ? ` TO ${to}` : ` TO ${to}(${fraction})`);
  return from + digits + (trailing ?? '');
}
