/** What a node does, in a few `label: text` details for people. */
import { typeToString } from '../record/types.js';
import type { NodeSpec, OtherSpec, SourceSpec, WindowAggregateSpec } from './plan.js';
import { showAggregate, showExpression } from './show-expression.js';
import { windowToString } from './verdict.js';

export interface Detail {
  readonly label: string;
  readonly text: string;
}

export function describeNode(spec: NodeSpec): Detail[] {
  switch (spec.kind) {
    case 'source':
      return describeSource(spec);
    case 'sink': {
      const details = [detail('connector', connector(spec.connector, spec.format))];
      if (spec.primaryKey) details.push(detail('key', spec.primaryKey.join(', ')));
      return details;
    }
    case 'calc': {
      const details: Detail[] = [];
      if (spec.filter) details.push(detail('where', showExpression(spec.filter)));
      if (spec.project) {
        const columns = spec.project.map(({ name, expr }) => {
          const text = showExpression(expr);
          return text === name ? name : `${text} AS ${name}`;
        });
        details.push(detail('columns', columns.join(', ')));
      }
      return details;
    }
    case 'windowAggregate':
      return describeWindow(spec);
    case 'groupAggregate': {
      const details = [detail('key', spec.keys.map((k) => showKey(k)).join(', ') || 'none')];
      if (spec.aggregates.length) details.push(aggregates(spec.aggregates));
      if (spec.finalOnly) details.push(detail('result', 'at the end of the input'));
      if (spec.ttlMs) details.push(detail('state kept', `${spec.ttlMs} ms`));
      return details;
    }
    case 'process':
      return spec.key ? [detail('key', spec.key)] : [];
    case 'other':
      return describeOther(spec);
    default:
      return [];
  }
}

function detail(label: string, text: string): Detail {
  return { label, text };
}

function connector(name: string, format: string | undefined): string {
  return format ? `${name}, ${format}` : name;
}

function showKey({ name, expr }: WindowAggregateSpec['keys'][number]): string {
  const text = showExpression(expr);
  return text === name ? name : `${text} AS ${name}`;
}

function aggregates(calls: WindowAggregateSpec['aggregates']): Detail {
  return detail('aggregates', calls.map((call) => `${showAggregate(call)} AS ${call.name}`).join(', '));
}

function describeSource(spec: SourceSpec): Detail[] {
  const details = [detail('connector', `${connector(spec.connector, spec.format)}${spec.bounded ? ', bounded' : ''}`)];
  if (!spec.columns.untyped) {
    const all = spec.columns.fields.length;
    const read = spec.read.length === 0 ? 'none' : spec.read.join(', ');
    details.push(detail('columns read', spec.read.length < all ? `${read} (${spec.read.length} of ${all})` : read));
  }
  if (spec.metadata.length) {
    details.push(
      detail('metadata', spec.metadata.map((m) => (m.column === m.key ? m.key : `${m.key} AS ${m.column}`)).join(', ')),
    );
  }
  if (spec.filter) details.push(detail('filter pushed down', showExpression(spec.filter)));
  if (spec.partitions) details.push(detail('folders', showExpression(spec.partitions.filter)));
  if (spec.computed?.length) {
    details.push(detail('computed', spec.computed.map((c) => `${showExpression(c.expr)} AS ${c.name}`).join(', ')));
  }
  if (spec.watermark) {
    const { column, expr, idleTimeoutMs } = spec.watermark;
    const idle = idleTimeoutMs ? `, idle after ${idleTimeoutMs} ms` : '';
    details.push(detail('watermark', `${column}: ${showExpression(expr)}${idle}`));
  }
  if (spec.onError.policy !== 'fail') details.push(detail('on error', spec.onError.policy));
  return details;
}

function describeWindow(spec: WindowAggregateSpec): Detail[] {
  const time = spec.timeCode
    ? 'event time by function'
    : spec.timeColumn
      ? `event time ${spec.timeColumn}`
      : 'processing time';
  const details = [detail('window', `${windowToString(spec.window)} on ${time}`)];
  if (spec.phase !== 'single') details.push(detail('phase', spec.phase));
  details.push(detail('key', spec.user ? spec.user.key : spec.keys.map((k) => showKey(k)).join(', ') || 'none'));
  if (spec.aggregates.length) details.push(aggregates(spec.aggregates));
  if (spec.allowedLatenessMs) details.push(detail('allowed lateness', `${spec.allowedLatenessMs} ms`));
  return details;
}

function describeOther(spec: OtherSpec): Detail[] {
  const details: Detail[] = [];
  for (const [key, value] of Object.entries(spec)) {
    if (key === 'kind' || key === 'transform' || value === undefined || value === false) continue;
    details.push(detail(key, showOption(value)));
  }
  return details;
}

function showOption(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map(showOption).join(', ') || 'none';
  const object = value as Record<string, unknown>;
  if ('op' in object) return showExpression(object as never);
  if ('fn' in object) return showAggregate(object as never);
  if ('column' in object && 'descending' in object) return `${object.column}${object.descending ? ' DESC' : ''}`;
  if ('kind' in object && ('sizeMs' in object || 'gapMs' in object || 'stepMs' in object))
    return windowToString(object as never);
  return JSON.stringify(value);
}

/** Columns with their types: `card STRING, n BIGINT NOT NULL`. */
export function describeSchema(schema: {
  readonly fields: readonly { name: string; type: Parameters<typeof typeToString>[0] }[];
  readonly untyped?: boolean;
}): string {
  return schema.untyped ? 'any object' : schema.fields.map((f) => `${f.name} ${typeToString(f.type)}`).join(', ');
}
