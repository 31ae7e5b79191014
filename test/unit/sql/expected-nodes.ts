/** Nodes as the tests expect them, without spans, short enough to write trees by hand. */
type Tree = Record<string, unknown>;

export const id = (name: string): Tree => ({ kind: 'Identifier', name });
export const qualified = (...names: string[]): Tree => ({ kind: 'QualifiedName', parts: names.map(id) });
export const col = (...path: string[]): Tree => ({ kind: 'ColumnRef', path: path.map(id) });
export const num = (text: string): Tree => ({ kind: 'NumberLiteral', form: 'integer', text });
export const str = (value: string): Tree => ({ kind: 'StringLiteral', value });
export const NULL: Tree = { kind: 'NullLiteral' };
export const TRUE: Tree = { kind: 'BooleanLiteral', value: true };
export const op = (left: Tree, op: string, right: Tree): Tree => ({ kind: 'Binary', op, left, right });
export const not = (operand: Tree): Tree => ({ kind: 'Unary', op: 'NOT', operand });
export const minus = (operand: Tree): Tree => ({ kind: 'Unary', op: '-', operand });
export const row = (...items: Tree[]): Tree => ({ kind: 'RowConstructor', items });
export const star = (...qualifier: string[]): Tree => ({ kind: 'Star', qualifier: qualifier.map(id) });
export const call = (name: string, ...args: Tree[]): Tree => ({
  kind: 'Call',
  name: qualified(name),
  args,
  distinct: false,
});
export const scalar = (name: string, more: Tree = {}): Tree => ({ kind: 'ScalarType', name, nullable: true, ...more });
export const seconds = (text: string): Tree => ({
  kind: 'IntervalLiteral',
  negative: false,
  text,
  qualifier: { kind: 'IntervalQualifier', from: 'SECOND' },
});
export const sort = (value: Tree, descending = false, more: Tree = {}): Tree => ({
  kind: 'SortItem',
  value,
  descending,
  ...more,
});
export const table = (name: string, more: Tree = {}): Tree => ({
  kind: 'TableRef',
  name: qualified(name),
  hints: [],
  ...more,
});
export const alias = (name: string, ...columns: string[]): Tree => ({
  kind: 'TableAlias',
  name: id(name),
  columns: columns.map(id),
});
export const item = (value: Tree, name?: string): Tree => ({
  kind: 'SelectItem',
  value,
  ...(name ? { alias: id(name) } : {}),
});
export const select = (items: Tree[], more: Tree = {}): Tree => ({
  kind: 'Select',
  hints: [],
  distinct: false,
  items,
  windows: [],
  ...more,
});
export const query = (body: Tree, more: Tree = {}): Tree => ({
  kind: 'Query',
  with: [],
  recursive: false,
  body,
  orderBy: [],
  ...more,
});
export const branch = (when: Tree[], then: Tree): Tree => ({
  kind: 'CaseBranch',
  when,
  then,
});
export const option = (key: string, value: string): Tree => ({ kind: 'OptionEntry', key, value });
/** `SELECT n`. */
export const selectNumber = (text: string): Tree => query(select([item(num(text))]));
