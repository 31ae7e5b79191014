/** CREATE MODEL: its columns and options checked. Whether the model is what they say is found when it is loaded. */

import { MODEL_PROVIDERS } from '../../graph/model-steps.js';
import type { Field } from '../../record/types.js';
import type { CreateModel } from '../ast/index.js';
import type { Model } from '../catalog/model.js';
import { checkModelOptions, isModelProvider, MODEL_OPTIONS } from '../catalog/model-options.js';
import { SqlError, unsupported } from '../error.js';
import { bindType } from './type.js';

export function bindCreateModel(name: string, node: CreateModel): Model {
  if (node.query) throw unsupported('CREATE MODEL … AS SELECT', node.query.span, 'train with ML_LEARN');
  const place = (key: string) => node.options.find((o) => o.key === key)?.span ?? node.name.span;
  const { provider, ...options } = Object.fromEntries(node.options.map((o) => [o.key.toLowerCase(), o.value]));
  if (provider === undefined) {
    throw new SqlError('TW2006', `model '${name}' has no provider`, node.name.span, {
      expected: "WITH ('provider' = 'tidewheel')",
    });
  }
  if (!isModelProvider(provider)) {
    throw new SqlError('TW2006', `unknown provider '${provider}'`, place('provider'), {
      name: provider,
      known: MODEL_PROVIDERS,
      expected: MODEL_PROVIDERS.map((p) => `'${p}'`).join(', '),
    });
  }
  checkModelOptions(provider, options, place);
  for (const [key, info] of Object.entries(MODEL_OPTIONS[provider])) {
    if (info.required && options[key] === undefined) {
      throw new SqlError('TW2006', `provider '${provider}' needs the option '${key}'`, node.name.span);
    }
  }
  if (options.path !== undefined && (options.registry !== undefined || options.version !== undefined)) {
    throw new SqlError('TW2006', "'path' stands in place of a registry and its versions", place('path'));
  }
  const input = fieldsOf(node.input, 'INPUT');
  const output = fieldsOf(node.output, 'OUTPUT');
  for (const [fields, clause] of [
    [input, 'INPUT'],
    [output, 'OUTPUT'],
  ] as const) {
    if (fields.length === 0) {
      throw new SqlError('TW2004', `model '${name}' has no ${clause}`, node.span, {
        expected: `${clause} (a DOUBLE, …)`,
      });
    }
  }
  return { name, input, output, provider, options, statement: node, at: node.span };
}

function fieldsOf(columns: CreateModel['input'], clause: string): Field[] {
  const fields: Field[] = [];
  for (const column of columns) {
    if (fields.some((f) => f.name === column.name.name)) {
      throw new SqlError('TW2002', `${clause} has two columns '${column.name.name}'`, column.span);
    }
    fields.push({ name: column.name.name, type: bindType(column.type) });
  }
  return fields;
}
