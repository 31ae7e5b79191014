/** CREATE, ALTER, DROP and DESCRIBE MODEL. */
import { typeToString } from '../../record/types.js';
import type { AlterModel, CreateModel, Describe, Drop, QualifiedName } from '../ast/index.js';
import { bindCreateModel } from '../bind/create-model.js';
import type { Catalog } from '../catalog/catalog.js';
import type { Model } from '../catalog/model.js';
import { SqlError } from '../error.js';
import { DONE, type Effect, listing } from './effect.js';

function unknownModel(catalog: Catalog, name: QualifiedName): SqlError {
  const text = catalog.nameOf(name);
  return new SqlError('TW2002', `unknown model '${text}'`, name.span, { name: text, known: catalog.models.keys() });
}

/** The model of that name; throws TW2002. */
export function modelOf(catalog: Catalog, name: QualifiedName): Model {
  const model = catalog.models.get(catalog.nameOf(name));
  if (!model) throw unknownModel(catalog, name);
  return model;
}

export function createModel(catalog: Catalog, node: CreateModel): Effect {
  const name = catalog.nameOf(node.name);
  const before = catalog.models.get(name);
  if (before && node.ifNotExists) return DONE;
  if (before && !node.orReplace) {
    throw new SqlError('TW2002', `model '${name}' is there already (line ${before.at.line})`, node.name.span, {
      expected: 'another name, or IF NOT EXISTS',
    });
  }
  catalog.models.set(name, bindCreateModel(name, node));
  return DONE;
}

export function alterModel(catalog: Catalog, node: AlterModel): Effect {
  const before = catalog.models.get(catalog.nameOf(node.name));
  if (!before) {
    if (node.ifExists) return DONE;
    throw unknownModel(catalog, node.name);
  }
  const { action } = node;
  const { statement } = before;
  if (action.kind === 'RenameTo') {
    const name = catalog.nameOf(action.name);
    if (catalog.models.has(name)) throw new SqlError('TW2002', `model '${name}' is there already`, action.name.span);
    const renamed = bindCreateModel(name, { ...statement, name: action.name });
    catalog.models.delete(before.name);
    catalog.models.set(name, renamed);
    return DONE;
  }
  const changed = new Set(action.kind === 'SetOptions' ? action.options.map((o) => o.key) : action.keys);
  const kept = statement.options.filter((o) => !changed.has(o.key));
  const options = action.kind === 'SetOptions' ? [...kept, ...action.options] : kept;
  catalog.models.set(before.name, bindCreateModel(before.name, { ...statement, options }));
  return DONE;
}

export function dropModel(catalog: Catalog, node: Drop): Effect {
  if (!catalog.models.delete(catalog.nameOf(node.name)) && !node.ifExists) throw unknownModel(catalog, node.name);
  return DONE;
}

/** Columns as Flink prints them. */
export function describeModel(catalog: Catalog, node: Describe): Effect {
  const model = modelOf(catalog, node.name);
  const rows = (fields: Model['input'], input: string) =>
    fields.map((f) => [f.name, typeToString({ ...f.type, nullable: true }), f.type.nullable ? 'TRUE' : 'FALSE', input]);
  return listing(['name', 'type', 'null', 'is input'], [...rows(model.input, 'TRUE'), ...rows(model.output, 'FALSE')]);
}
