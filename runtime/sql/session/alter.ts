/** ALTER TABLE: the statement that made the table, changed; it is then checked as a new one. */
import type {
  AlteredElement,
  AlterTable,
  AlterTableAction,
  CreateTable,
  OptionEntry,
  QualifiedName,
  TableElement,
} from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';

/** Everything but partitions (partitions.ts). Throws for a column or option that isn't there, or is there already. */
export function alteredTable(made: CreateTable, node: AlterTable): CreateTable {
  const { action } = node;
  switch (action.kind) {
    case 'SetOptions': {
      const changed = new Set(action.options.map((o) => o.key));
      return { ...made, options: [...made.options.filter((o) => !changed.has(o.key)), ...action.options] };
    }
    case 'ResetOptions':
      return { ...made, options: withoutOptions(made.options, action) };
    case 'RenameColumn':
      return renamed(made, action);
    case 'AddElements':
      return { ...made, elements: action.elements.reduce((list, e) => added(list, e), made.elements) };
    case 'ModifyElements':
      return { ...made, elements: action.elements.reduce((list, e) => modified(list, e), made.elements) };
    case 'DropColumns':
      return { ...made, elements: action.columns.reduce(dropped, made.elements) };
    case 'DropConstraint':
      return withoutPart(made, 'PrimaryKey', (e) => e.name?.name === action.name.name, action);
    case 'DropPart':
      if (action.part === 'DISTRIBUTION') throw unsupported('DISTRIBUTED BY', action.span);
      return withoutPart(made, action.part === 'WATERMARK' ? 'Watermark' : 'PrimaryKey', () => true, action);
    case 'RenameTo':
      return { ...made, name: action.name };
    default:
      throw new TypeError(`${action.kind} changes no statement`);
  }
}

function withoutOptions(options: readonly OptionEntry[], action: Extract<AlterTableAction, { kind: 'ResetOptions' }>) {
  if (action.keys.includes('connector')) {
    throw new SqlError('TW2006', "option 'connector' can't be reset", action.span, { expected: 'another option' });
  }
  return options.filter((o) => !action.keys.includes(o.key));
}

type Elements = readonly TableElement[];

/** Index of a column; throws when there is none. */
function indexOf(elements: Elements, name: QualifiedName): number {
  if (name.parts.length > 1) throw unsupported('ALTER TABLE of a nested field', name.span);
  const wanted = name.parts[0].name;
  const index = elements.findIndex((e) => nameOf(e) === wanted);
  if (index >= 0) return index;
  throw new SqlError('TW2002', `the table has no column '${wanted}'`, name.span, {
    name: wanted,
    known: elements.flatMap((e) => nameOf(e) ?? []),
  });
}

/** Name of a column; other elements have none. */
function nameOf(element: TableElement): string | undefined {
  return element.kind === 'Watermark' || element.kind === 'PrimaryKey' ? undefined : element.name.name;
}

function added(elements: Elements, { element, position, span }: AlteredElement): TableElement[] {
  if (element.kind === 'Distribution') throw unsupported('DISTRIBUTED BY', span);
  const name = nameOf(element);
  const taken =
    name === undefined ? elements.some((e) => e.kind === element.kind) : elements.some((e) => nameOf(e) === name);
  if (taken) {
    const what =
      name === undefined ? (element.kind === 'Watermark' ? 'a WATERMARK' : 'a PRIMARY KEY') : `a column '${name}'`;
    throw new SqlError('TW2002', `the table has ${what} already`, span, { expected: 'MODIFY in place of ADD' });
  }
  return inserted(elements, element, position);
}

function inserted(elements: Elements, element: TableElement, position: AlteredElement['position']): TableElement[] {
  const next = [...elements];
  let at = next.length;
  if (position) at = position.after ? indexOf(elements, position.after) + 1 : 0;
  next.splice(at, 0, element);
  return next;
}

function modified(elements: Elements, { element, position, span }: AlteredElement): TableElement[] {
  if (element.kind === 'Distribution') throw unsupported('DISTRIBUTED BY', span);
  const name = nameOf(element);
  const index = elements.findIndex((e) => (name === undefined ? e.kind === element.kind : nameOf(e) === name));
  if (index < 0) {
    const what = name === undefined ? (element.kind === 'Watermark' ? 'WATERMARK' : 'PRIMARY KEY') : `column '${name}'`;
    throw new SqlError('TW2002', `the table has no ${what}`, span, {
      ...(name === undefined ? {} : { name, known: elements.flatMap((e) => nameOf(e) ?? []) }),
      expected: 'ADD in place of MODIFY',
    });
  }
  const rest = elements.filter((_, i) => i !== index);
  if (position) return inserted(rest, element, position);
  return elements.map((e, i) => (i === index ? element : e));
}

function dropped(elements: Elements, name: QualifiedName): TableElement[] {
  const index = indexOf(elements, name);
  const own = nameOf(elements[index])!;
  for (const e of elements) {
    const used = e.kind === 'PrimaryKey' ? e.columns.some((c) => c.name === own) : false;
    const watermark = e.kind === 'Watermark' && e.column.parts[0].name === own;
    if (used || watermark) {
      throw new SqlError('TW2004', `column '${own}' belongs to the ${used ? 'PRIMARY KEY' : 'WATERMARK'}`, name.span, {
        expected: `DROP ${used ? 'PRIMARY KEY' : 'WATERMARK'} first`,
      });
    }
  }
  return elements.filter((_, i) => i !== index);
}

function renamed(made: CreateTable, action: Extract<AlterTableAction, { kind: 'RenameColumn' }>): CreateTable {
  const index = indexOf(made.elements, action.from);
  const from = nameOf(made.elements[index])!;
  if (made.elements.some((e) => nameOf(e) === action.to.name)) {
    throw new SqlError('TW2002', `the table has a column '${action.to.name}' already`, action.to.span);
  }
  const elements = made.elements.map((e, i): TableElement => {
    if (i === index) return { ...e, name: action.to } as TableElement;
    if (e.kind === 'PrimaryKey') return { ...e, columns: e.columns.map((c) => (c.name === from ? action.to : c)) };
    return e;
  });
  const partitionedBy = made.partitionedBy.map((c) => (c.name === from ? action.to : c));
  return { ...made, elements, partitionedBy };
}

function withoutPart<K extends 'PrimaryKey' | 'Watermark'>(
  made: CreateTable,
  kind: K,
  which: (element: Extract<TableElement, { kind: K }>) => boolean,
  action: AlterTableAction,
): CreateTable {
  const found = made.elements.find(
    (e): e is Extract<TableElement, { kind: K }> => e.kind === kind && which(e as never),
  );
  if (!found) {
    const what = kind === 'Watermark' ? 'WATERMARK' : 'PRIMARY KEY of that name';
    throw new SqlError('TW2002', `the table has no ${what}`, action.span);
  }
  return { ...made, elements: made.elements.filter((e) => e !== found) };
}
