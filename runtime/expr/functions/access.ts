/** What reaches into a value. */
import type { DataType } from '../../record/types.js';
import { typeToString } from '../../record/types.js';
import { property } from '../codegen/codegen.js';
import type { Expr } from '../ir.js';
import { withNullable } from '../typing.js';
import { defineFamily } from './definition.js';
import type { Signature } from './signature.js';

const ANY: DataType = { kind: 'ANY', nullable: true };

function fieldType(types: readonly DataType[], args: readonly Expr[]): Signature | string {
  const [row] = types;
  const name = args[1];
  if (name?.op !== 'literal' || typeof name.value !== 'string') return 'the name of a field must be known';
  if (row.kind === 'ANY') return { argTypes: types, type: ANY };
  const field = row.kind === 'ROW' ? row.fields.find((f) => f.name === name.value) : undefined;
  if (!field) return `${typeToString(row)} has no field '${name.value}'`;
  return { argTypes: types, type: withNullable(field.type, field.type.nullable || row.nullable) };
}

export const ACCESS = defineFamily('access', [
  {
    names: ['FIELD'],
    syntax: ['row.field'],
    signatures: ['(ROW, STRING) -> ANY'],
    infer: fieldType,
    mayBeNull: ({ args: [row], type }) =>
      row.type.kind !== 'ROW' || row.type.fields.some((f) => f.type.nullable) || type.kind === 'ANY',
    emit: ([row], { literal, types }) => {
      const value = property(row, String(literal(1)));
      return types[0].kind === 'ANY' ? `(${value} ?? null)` : value;
    },
    doc: 'A field of a row; NULL where the row is NULL.',
  },
]);
