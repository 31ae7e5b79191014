/** Types as written → data types, with Flink's default lengths and precisions. */
import { type DataType, MAX_LENGTH } from '../../record/types.js';
import type { IntervalQualifier, ScalarType, TypeNode } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';

/** Throws for types that Flink refuses too (TIMESTAMP WITH TIME ZONE), for RAW and user types. */
export function bindType(node: TypeNode): DataType {
  const nullable = node.nullable;
  switch (node.kind) {
    case 'ScalarType':
      return scalarType(node);
    case 'IntervalType':
      return { kind: intervalKind(node.qualifier), nullable };
    case 'ArrayType':
      return { kind: 'ARRAY', element: bindType(node.element), nullable };
    case 'MultisetType':
      return { kind: 'MULTISET', element: bindType(node.element), nullable };
    case 'MapType':
      return { kind: 'MAP', key: bindType(node.key), value: bindType(node.value), nullable };
    case 'RowType': {
      const fields = node.fields.map((f) => ({ name: f.name.name, type: bindType(f.type) }));
      const { className } = node;
      return className === undefined ? { kind: 'ROW', fields, nullable } : { kind: 'ROW', fields, className, nullable };
    }
    case 'RawType':
      throw unsupported('RAW: a type of serialised Java objects', node.span, 'use BYTES or STRING');
    case 'UserType': {
      const name = node.name.parts.map((p) => p.name).join('.');
      throw new SqlError('TW2002', `unknown type '${name}'`, node.span, { name, known: TYPE_NAMES });
    }
  }
}

const TYPE_NAMES = [
  'CHAR VARCHAR STRING BOOLEAN BINARY VARBINARY BYTES DECIMAL TINYINT SMALLINT INT BIGINT FLOAT DOUBLE DATE TIME',
  'TIMESTAMP TIMESTAMP_LTZ INTERVAL ARRAY MAP MULTISET ROW VARIANT BITMAP STRUCTURED',
].flatMap((line) => line.split(' '));

export function intervalKind(qualifier: IntervalQualifier): 'INTERVAL_YEAR_MONTH' | 'INTERVAL_DAY_TIME' {
  return qualifier.from === 'YEAR' || qualifier.from === 'MONTH' || qualifier.from === 'QUARTER'
    ? 'INTERVAL_YEAR_MONTH'
    : 'INTERVAL_DAY_TIME';
}

function scalarType(node: ScalarType): DataType {
  const nullable = node.nullable;
  switch (node.name) {
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return { kind: node.name, length: within(node, node.precision ?? 1, 1, MAX_LENGTH, 'length'), nullable };
    case 'STRING':
      return { kind: 'VARCHAR', length: MAX_LENGTH, nullable };
    case 'BYTES':
      return { kind: 'VARBINARY', length: MAX_LENGTH, nullable };
    case 'DECIMAL': {
      const precision = within(node, node.precision ?? 10, 1, 38, 'precision');
      return { kind: 'DECIMAL', precision, scale: within(node, node.scale ?? 0, 0, precision, 'scale'), nullable };
    }
    case 'TIME':
      return { kind: 'TIME', precision: within(node, node.precision ?? 0, 0, 9, 'precision'), nullable };
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return { kind: node.name, precision: within(node, node.precision ?? 6, 0, 9, 'precision'), nullable };
    case 'TIMESTAMP_TZ':
      throw unsupported('TIMESTAMP WITH TIME ZONE', node.span, 'use TIMESTAMP_LTZ (Flink refuses it too)');
    default:
      return { kind: node.name, nullable };
  }
}

function within(node: ScalarType, value: number, low: number, high: number, what: string): number {
  if (value >= low && value <= high) return value;
  throw new SqlError('TW2003', `${what} ${value} of ${node.name} is out of range`, node.span, {
    expected: `${low} to ${high}`,
  });
}
