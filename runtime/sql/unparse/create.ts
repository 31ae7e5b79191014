import type { CreateFunction, CreateModel, CreateView } from '../ast/create-object.js';
import type { CreateTable, Distribution, LikeClause, PrimaryKey, TableElement } from '../ast/create-table.js';
import type { OptionEntry } from '../ast/query.js';
import type { RowField } from '../ast/type.js';
import { expressionText } from './expression.js';
import { queryText } from './query.js';
import { identifierText, list, nameListText, optionText, phrase, qualifiedText, stringText } from './text.js';
import { fieldText, typeText } from './type.js';

/** Lines of their own, indented, as SHOW CREATE prints them. */
export function block(lines: readonly string[]): string {
  return lines.length > 0 ? `(\n${lines.map((line) => `  ${line}`).join(',\n')}\n)` : '()';
}

export function optionsText(options: readonly OptionEntry[]): string {
  return options.length > 0 ? `WITH ${block(options.map(optionText))}` : '';
}

export function commentText(comment: string | undefined): string {
  return comment === undefined ? '' : `COMMENT ${stringText(comment)}`;
}

interface Creation {
  readonly temporary?: boolean;
  readonly system?: boolean;
  readonly orReplace?: boolean;
  readonly ifNotExists: boolean;
}

/** `CREATE OR REPLACE TEMPORARY TABLE IF NOT EXISTS`. */
export function createText(object: string, creation: Creation): string {
  return phrase(
    'CREATE',
    creation.orReplace && 'OR REPLACE',
    creation.temporary && 'TEMPORARY',
    creation.system && 'SYSTEM',
    object,
    creation.ifNotExists && 'IF NOT EXISTS',
  );
}

/** Clauses on lines of their own. */
export function lines(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter(Boolean).join('\n');
}

export function createTableText(table: CreateTable): string {
  const head = phrase(
    createText('TABLE', table),
    qualifiedText(table.name),
    table.elements.length > 0 && block(table.elements.map(elementText)),
  );
  return lines(
    head,
    commentText(table.comment),
    table.distribution && `DISTRIBUTED ${distributionText(table.distribution)}`,
    table.partitionedBy.length > 0 && `PARTITIONED BY ${nameListText(table.partitionedBy)}`,
    optionsText(table.options),
    table.like && likeText(table.like),
    table.query && `AS ${queryText(table.query)}`,
  );
}

export function elementText(element: TableElement): string {
  switch (element.kind) {
    case 'PhysicalColumn':
      return phrase(identifierText(element.name), typeText(element.type), commentText(element.comment));
    case 'MetadataColumn':
      return phrase(
        identifierText(element.name),
        typeText(element.type),
        'METADATA',
        element.from !== undefined && `FROM ${stringText(element.from)}`,
        element.virtual && 'VIRTUAL',
        commentText(element.comment),
      );
    case 'ComputedColumn':
      return phrase(identifierText(element.name), `AS ${expressionText(element.value)}`, commentText(element.comment));
    case 'ColumnName':
      return identifierText(element.name);
    case 'Watermark':
      return `WATERMARK FOR ${qualifiedText(element.column)} AS ${expressionText(element.value)}`;
    case 'PrimaryKey':
      return primaryKeyText(element);
  }
}

function primaryKeyText(key: PrimaryKey): string {
  return phrase(
    key.name && `CONSTRAINT ${identifierText(key.name)}`,
    `PRIMARY KEY ${nameListText(key.columns)}`,
    !key.enforced && 'NOT ENFORCED',
  );
}

export function distributionText(distribution: Distribution): string {
  const { method, columns, buckets } = distribution;
  return phrase(
    columns.length > 0 && phrase('BY', method, nameListText(columns)),
    buckets !== undefined && `INTO ${buckets} BUCKETS`,
  );
}

function likeText(like: LikeClause): string {
  const rules = like.rules.map((rule) => `${rule.strategy} ${rule.feature}`).join(' ');
  return phrase('LIKE', qualifiedText(like.source), rules && `(${rules})`);
}

export function createViewText(view: CreateView): string {
  const column = (c: CreateView['columns'][number]) => phrase(identifierText(c.name), commentText(c.comment));
  const head = phrase(
    createText('VIEW', view),
    qualifiedText(view.name),
    view.columns.length > 0 && `(${list(view.columns, column)})`,
  );
  return lines(head, commentText(view.comment), `AS ${queryText(view.query)}`);
}

export function createModelText(model: CreateModel): string {
  const fields = (word: string, list: readonly RowField[]) =>
    list.length > 0 && `${word} ${block(list.map(columnText))}`;
  return lines(
    phrase(createText('MODEL', model), qualifiedText(model.name)),
    fields('INPUT', model.input),
    fields('OUTPUT', model.output),
    commentText(model.comment),
    optionsText(model.options),
    model.query && `AS ${queryText(model.query)}`,
  );
}

function columnText(field: RowField): string {
  return phrase(identifierText(field.name), typeText(field.type), commentText(field.comment));
}

export function createFunctionText(fn: CreateFunction): string {
  const { returns } = fn;
  const result =
    returns?.table && returns.type.kind === 'RowType'
      ? `TABLE (${list(returns.type.fields, fieldText)})`
      : returns && typeText(returns.type);
  return lines(
    phrase(createText(fn.aggregate ? 'AGGREGATE FUNCTION' : 'FUNCTION', fn), qualifiedText(fn.name)) +
      (fn.parameters ? `(${list(fn.parameters, fieldText)})` : ''),
    result && `RETURNS ${result}`,
    `AS ${stringText(fn.definition)}`,
    fn.language && `LANGUAGE ${fn.language}`,
    fn.using.length > 0 && `USING ${list(fn.using, (resource) => `${resource.type} ${stringText(resource.path)}`)}`,
    optionsText(fn.options),
  );
}
