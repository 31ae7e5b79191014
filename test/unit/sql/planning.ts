/** Plans for tests: connectors to declare tables with, and a plan as lines that a person can check. */

import type { NodeSpec, PlanNode } from '../../../runtime/graph/plan.js';
import { showAggregate, showExpression } from '../../../runtime/graph/show-expression.js';
import { windowToString } from '../../../runtime/graph/verdict.js';
import { typeToString } from '../../../runtime/record/types.js';
import { type Compiled, type CompileOptions, compileSql } from '../../../runtime/sql/compile.js';
import { SqlError } from '../../../runtime/sql/error.js';

export const CATALOG: Pick<CompileOptions, 'connectors' | 'formats'> = {
  connectors: {
    kafka: {
      source: {
        options: {
          topic: { required: true },
          'properties.*': {},
          format: { required: true },
          'value.format': {},
          'scan.bounded.mode': { values: ['latest-offset'] },
          'scan.startup.mode': { values: ['earliest-offset', 'latest-offset', 'timestamp'] },
        },
        metadata: { partition: 'INT NOT NULL', offset: 'BIGINT NOT NULL', timestamp: 'TIMESTAMP_LTZ(3) NOT NULL' },
        bounded: (options) => options['scan.bounded.mode'] !== undefined,
      },
      sink: {
        options: { topic: { required: true }, 'properties.*': {}, format: { required: true }, 'value.format': {} },
        changelog: 'append',
        writableMetadata: ['timestamp'],
      },
    },
    filesystem: {
      source: { options: { path: { required: true }, format: { required: true } }, bounded: () => true },
      sink: { options: { path: { required: true }, format: { required: true } }, changelog: 'append' },
    },
    print: { sink: { options: {}, changelog: 'retract' } },
    'upsert-kafka': {
      source: { options: { topic: { required: true }, format: {} }, changelog: 'upsert', bounded: () => false },
      sink: { options: { topic: { required: true }, format: {} }, changelog: 'upsert' },
    },
    generator: { source: { options: { rows: {} }, bounded: (options) => options.rows !== undefined } },
  },
  formats: {
    json: { options: { 'ignore-parse-errors': { values: ['true', 'false'] } } },
    csv: { options: {} },
    'debezium-json': { options: {}, changelog: 'retract' },
  },
};

const OPTIONS: CompileOptions = { file: 'job.sql', mode: 'streaming', ...CATALOG };

export const PAYMENTS = `CREATE TABLE payments (card STRING, amount DOUBLE, note STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = 'payments', 'format' = 'json');
`;

/** The same table as a file, which ends. */
export const PAYMENTS_FILE = PAYMENTS.replace("'kafka', 'topic'", "'filesystem', 'path'");

export function compile(sql: string, options: Partial<CompileOptions> = {}): Compiled {
  return compileSql(sql, { ...OPTIONS, ...options });
}

/** The nodes of a plan by id. */
export function nodesOf(sql: string, options: Partial<CompileOptions> = {}): Map<string, PlanNode> {
  return new Map(compile(sql, options).plan.nodes.map((node) => [node.id, node]));
}

/** The plan's lines, one for each node: `id: what it does (schema) <- inputs`. */
export function outline(sql: string, options: Partial<CompileOptions> = {}): string[] {
  return compile(sql, options).plan.nodes.map(line);
}

function line(node: PlanNode): string {
  const inputs = node.inputs.map(({ from, partitioning }) => {
    const how = partitioning.kind === 'hash' ? `hash(${partitioning.keys.join(', ')})` : partitioning.kind;
    return how === 'forward' ? from : `${how} ${from}`;
  });
  const changes = node.updating ? ` updating${node.upsertKey ? ` by (${node.upsertKey.join(', ')})` : ''}` : '';
  const width = node.parallelism ? ` x${node.parallelism}` : '';
  return `${node.id}: ${what(node.spec)}${changes}${width}${inputs.length ? ` <- ${inputs.join(' + ')}` : ''}`;
}

function what(spec: NodeSpec): string {
  switch (spec.kind) {
    case 'source': {
      const parts = [`read ${spec.connector} [${spec.read.join(', ')}]`];
      if (spec.metadata.length) parts.push(`metadata [${spec.metadata.map((m) => `${m.column}=${m.key}`).join(', ')}]`);
      if (spec.filter) parts.push(`where ${showExpression(spec.filter)}`);
      for (const { name, expr } of spec.computed ?? []) parts.push(`${name} := ${showExpression(expr)}`);
      if (spec.watermark)
        parts.push(
          `watermark ${spec.watermark.column} ${spec.watermark.delayMs ?? showExpression(spec.watermark.expr)}`,
        );
      return parts.join(' ');
    }
    case 'sink':
      return `write ${spec.connector}`;
    case 'calc': {
      const project = spec.project?.map(({ name, expr }) => {
        const text = showExpression(expr);
        return text === name ? name : `${text} ${name}`;
      });
      const filter = spec.filter ? ` where ${showExpression(spec.filter)}` : '';
      return `calc${project ? ` [${project.join(', ')}]` : ''}${filter}`;
    }
    case 'windowAggregate': {
      const bounds = [spec.windowStart, spec.windowEnd, spec.windowTime].map((name) => name ?? '-').join(' ');
      const time = spec.timeColumn ? ` on ${spec.timeColumn}` : ' on processing time';
      const phase = spec.phase === 'single' ? '' : ` ${spec.phase}`;
      return `${windowToString(spec.window)}${time}${phase} by [${spec.keys.map((k) => k.name).join(', ')}] [${spec.aggregates.map(showAggregate).join(', ')}] bounds ${bounds}`;
    }
    case 'groupAggregate':
      return `group by [${spec.keys.map((k) => k.name).join(', ')}] [${spec.aggregates.map(showAggregate).join(', ')}]${spec.finalOnly ? ' final' : ''}`;
    case 'other': {
      const { kind: _, transform, ...rest } = spec;
      return `${transform} ${JSON.stringify(rest, (_key, v) => (v && typeof v === 'object' && 'op' in v ? showExpression(v) : v && typeof v === 'object' && typeof v.kind === 'string' && 'nullable' in v ? typeToString(v) : v))}`;
    }
    default:
      return spec.kind;
  }
}

/** The error of a script that can't be planned, as `line:column code message hint`. */
export function errorOf(sql: string, options: Partial<CompileOptions> = {}): string {
  try {
    compile(sql, options);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    if (error.where?.file !== 'job.sql') throw new Error('the error is in no file');
    return `${error.line}:${error.column} ${error.code} ${error.message}${error.hint ? ` | ${error.hint}` : ''}`;
  }
  throw new Error('the script was planned without an error');
}
