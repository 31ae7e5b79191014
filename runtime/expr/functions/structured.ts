/** Objects of a STRUCTURED type: rows whose type has a name. */
import type { DataType, Field } from '../../record/types.js';
import { typeToString } from '../../record/types.js';
import { property, propertyKey } from '../codegen/codegen.js';
import type { Expr } from '../ir.js';
import { defineFamily, type EmitCall } from './definition.js';
import type { Infer } from './signature.js';

const textOf = (arg: Expr | undefined): string | undefined =>
  arg?.op === 'literal' && typeof arg.value === 'string' ? arg.value : undefined;

/** Names and types of `'name', value, …` from the argument at `from`, or what is wrong. */
function pairs(name: string, types: readonly DataType[], args: readonly Expr[], from: number): Field[] | string {
  if ((types.length - from) % 2 === 1) return `${name} takes names and values in turn`;
  const fields: Field[] = [];
  for (let i = from; i < types.length; i += 2) {
    const field = textOf(args[i]);
    if (field === undefined) return `${name}: the name of a field is a text that is known`;
    if (fields.some((f) => f.name === field)) return `${name}: the field '${field}' is repeated`;
    fields.push({ name: field, type: types[i + 1] });
  }
  return fields;
}

const objectOf: Infer = (types, args) => {
  const className = textOf(args[0]);
  if (className === undefined) return 'OBJECT_OF takes the name of a class, then names and values of its fields';
  const fields = pairs('OBJECT_OF', types, args, 1);
  if (typeof fields === 'string') return fields;
  return { argTypes: types, type: { kind: 'ROW', fields, className, nullable: true } };
};

const objectUpdate: Infer = (types, args) => {
  const object = types[0];
  if (object?.kind !== 'ROW' || object.className === undefined) {
    return `OBJECT_UPDATE takes an object of OBJECT_OF, then names and values${object ? `, not ${typeToString(object)}` : ''}`;
  }
  if (types.length < 3) return 'OBJECT_UPDATE takes at least one name and value';
  const changes = pairs('OBJECT_UPDATE', types, args, 1);
  if (typeof changes === 'string') return changes;
  const unknown = changes.find((f) => !object.fields.some((known) => known.name === f.name));
  if (unknown) {
    return `OBJECT_UPDATE: ${object.className} has no field '${unknown.name}', but ${object.fields.map((f) => f.name).join(', ')}`;
  }
  const fields = object.fields.map((f) => changes.find((change) => change.name === f.name) ?? f);
  return { argTypes: types, type: { ...object, fields } };
};

function literalOf(fields: readonly (readonly [string, string])[]): string {
  return `({ ${fields.map(([name, code]) => `${propertyKey(name)}: ${code}`).join(', ')} })`;
}

/** Codes of the values by name. */
function given(args: readonly string[], e: EmitCall): Map<string, string> {
  const codes = new Map<string, string>();
  for (let i = 1; i < args.length; i += 2) codes.set(String(e.literal(i)), args[i + 1]);
  return codes;
}

export const STRUCTURED = defineFamily('construction', [
  {
    names: ['OBJECT_OF'],
    syntax: ["OBJECT_OF('class', 'field', value, …)"],
    signatures: ['(STRING, ANY...) -> ROW'],
    infer: objectOf,
    nulls: 'custom',
    doc: 'An object of a STRUCTURED type: a row whose type has the name of a class. The class need not exist.',
    examples: [["CAST(OBJECT_OF('shop.Item', 'id', 7, 'name', 'cup') AS STRING)", '(id=7, name=cup)']],
    emit: (args, e) => literalOf([...given(args, e)]),
  },
  {
    names: ['OBJECT_UPDATE'],
    syntax: ["OBJECT_UPDATE(object, 'field', value, …)"],
    signatures: ['(ROW, ANY...) -> ROW'],
    infer: objectUpdate,
    nulls: 'custom',
    doc: 'The object with other values of these fields; NULL for NULL.',
    examples: [["OBJECT_UPDATE(OBJECT_OF('shop.Item', 'id', 7), 'id', 8).id", '8']],
    emit: (args, e) => {
      const codes = given(args, e);
      const object = e.cg.temp();
      const fields = (e.type as Extract<DataType, { kind: 'ROW' }>).fields;
      const value = literalOf(fields.map((f) => [f.name, codes.get(f.name) ?? property(object, f.name)]));
      return `((${object} = ${args[0]}) === null ? null : ${value})`;
    },
  },
]);
