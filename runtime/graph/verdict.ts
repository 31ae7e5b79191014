/**
 * What becomes of a job's state when its plan changes. Nodes are the same when their ids are; whether the new node can go on
 * with the old one's state depends on what that state is made of: a source's positions, a window's accumulators.
 */
import type { AggregateCall, NamedExpr } from '../expr/ir.js';
import { typeToString } from '../record/types.js';
import type {
  FunctionSpec,
  GroupAggregateSpec,
  NodeSpec,
  Plan,
  PlanNode,
  SinkSpec,
  SourceSpec,
  Window,
  WindowAggregateSpec,
} from './plan.js';

export type Verdict = 'carried over' | 'new' | 'dropped' | 'incompatible';

export interface NodeVerdict {
  readonly nodeId: string;
  /** The node's name, the new one where there are two. */
  readonly name: string;
  readonly verdict: Verdict;
  /** One sentence for people. */
  readonly why: string;
}

/**
 * One verdict for each node of either plan that keeps state; the new plan's nodes first, in its order. `incompatible` means
 * that the job can't start from the old state unless that node's state is dropped.
 */
export function comparePlans(old: Plan, next: Plan): NodeVerdict[] {
  const before = new Map(old.nodes.map((node) => [node.id, node]));
  const updating = [old, next].map((plan) => new Set(plan.nodes.filter((n) => n.updating).map((n) => n.id)));
  const verdicts: NodeVerdict[] = [];
  for (const node of next.nodes) {
    const was = before.get(node.id);
    before.delete(node.id);
    const { id: nodeId, name } = node;
    if (!was || !keepsState(was.spec)) {
      if (was || keepsState(node.spec)) {
        if (keepsState(node.spec)) verdicts.push({ nodeId, name, verdict: 'new', why: 'starts without state' });
      }
      continue;
    }
    if (!keepsState(node.spec)) {
      verdicts.push({ nodeId, name, verdict: 'dropped', why: 'no longer keeps state' });
      continue;
    }
    const takes = [was, node].map((n, i) => n.inputs.some((edge) => updating[i].has(edge.from)));
    verdicts.push({ nodeId, name, ...compareNodes(was, node, takes[0], takes[1]) });
  }
  for (const [nodeId, node] of before) {
    if (keepsState(node.spec)) {
      verdicts.push({ nodeId, name: node.name, verdict: 'dropped', why: 'the new plan has no such node' });
    }
  }
  return verdicts;
}

/** Transforms of kind 'other' that keep nothing between rows. */
const STATELESS = new Set(['windowAssign', 'unnest', 'toChangelog', 'fromChangelog']);

export function keepsState(spec: NodeSpec): boolean {
  switch (spec.kind) {
    case 'source':
    case 'sink':
    case 'process':
      return true;
    case 'groupAggregate':
    case 'windowAggregate':
      return spec.phase !== 'local';
    case 'other':
      return !STATELESS.has(spec.transform);
    default:
      return false;
  }
}

type Finding = Pick<NodeVerdict, 'verdict' | 'why'>;
const same = (why: string): Finding => ({ verdict: 'carried over', why });
const broken = (why: string): Finding => ({ verdict: 'incompatible', why });

function compareNodes(old: PlanNode, next: PlanNode, tookChanges: boolean, takesChanges: boolean): Finding {
  const [a, b] = [old.spec, next.spec];
  // What can be taken back has other accumulators: a MAX then keeps all values.
  if (tookChanges !== takesChanges && a.kind !== 'sink') {
    return broken(
      takesChanges ? 'its input now updates and deletes rows' : 'its input no longer updates and deletes rows',
    );
  }
  if (a.kind === 'source' && b.kind === 'source') return compareSources(a, b);
  if (a.kind === 'sink' && b.kind === 'sink') return compareSinks(a, b);
  if (a.kind === 'windowAggregate' && b.kind === 'windowAggregate') return compareWindows(a, b);
  if (a.kind === 'groupAggregate' && b.kind === 'groupAggregate') return compareGroups(a, b);
  if (a.kind === 'process' && b.kind === 'process') return compareProcesses(a, b);
  if (a.kind === 'other' && b.kind === 'other' && a.transform === b.transform) return compareOthers(a, b);
  return broken(`was ${kindOf(a)}, is ${kindOf(b)}`);
}

function kindOf(spec: NodeSpec): string {
  return spec.kind === 'other' ? spec.transform : spec.kind;
}

/** Options that say which data it is; all others may change. */
const IDENTITY = [
  'topic',
  'topics',
  'topic-pattern',
  'path',
  'bucket',
  'prefix',
  'host',
  'hostname',
  'port',
  'url',
  'table',
  'seed',
  'rows',
];

function identityChange(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): string | undefined {
  for (const key of IDENTITY) {
    if (a[key] !== b[key]) return `${key} was ${quote(a[key])}, is ${quote(b[key])}`;
  }
  return undefined;
}

function quote(text: string | undefined): string {
  return text === undefined ? 'not set' : `'${text}'`;
}

function compareSources(a: SourceSpec, b: SourceSpec): Finding {
  if (a.connector !== b.connector) return broken(`reads from '${b.connector}' in place of '${a.connector}'`);
  const change = identityChange(a.options, b.options);
  return change ? broken(`positions are of other data: ${change}`) : same('goes on from its positions');
}

/** A sink's state is what is prepared and not yet committed: none once the old job has stopped with a savepoint. */
function compareSinks(a: SinkSpec, b: SinkSpec): Finding {
  const change =
    a.connector === b.connector
      ? identityChange(a.options, b.options)
      : `connector was '${a.connector}', is '${b.connector}'`;
  return change ? { verdict: 'new', why: `writes to another place: ${change}` } : same('writes on');
}

function compareWindows(a: WindowAggregateSpec, b: WindowAggregateSpec): Finding {
  if (JSON.stringify(a.window) !== JSON.stringify(b.window)) {
    return broken(`the window was ${windowToString(a.window)}, is ${windowToString(b.window)}`);
  }
  if ((a.timeColumn === undefined) !== (b.timeColumn === undefined)) {
    return broken(`was over ${timeOf(a)}, is over ${timeOf(b)}`);
  }
  if (a.user || b.user) {
    if (!a.user || !b.user) return broken('a user function took the place of aggregates, or the other way round');
    return a.user.key === b.user.key
      ? same('keeps its windows; the functions may have changed')
      : broken('the key function changed');
  }
  return compareKeys(a.keys, b.keys) ?? compareAggregates(a.aggregates, b.aggregates) ?? same('keeps its open windows');
}

function timeOf(spec: WindowAggregateSpec): string {
  return spec.timeColumn === undefined ? 'processing time' : `event time '${spec.timeColumn}'`;
}

export function windowToString(window: Window): string {
  const seconds = (ms: number) => (ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`);
  switch (window.kind) {
    case 'tumble':
      return `TUMBLE of ${seconds(window.sizeMs)}`;
    case 'hop':
      return `HOP of ${seconds(window.sizeMs)} every ${seconds(window.slideMs)}`;
    case 'cumulate':
      return `CUMULATE up to ${seconds(window.maxSizeMs)} by ${seconds(window.stepMs)}`;
    case 'session':
      return `SESSION with a gap of ${seconds(window.gapMs)}`;
    case 'attached':
      return `the window of columns ${window.startColumn}, ${window.endColumn}`;
  }
}

function compareGroups(a: GroupAggregateSpec, b: GroupAggregateSpec): Finding {
  return compareKeys(a.keys, b.keys) ?? compareAggregates(a.aggregates, b.aggregates) ?? same('keeps its groups');
}

function compareKeys(a: readonly NamedExpr[], b: readonly NamedExpr[]): Finding | undefined {
  const show = (keys: readonly NamedExpr[]) =>
    keys.length === 0
      ? 'no key'
      : keys.map((key) => `${key.name} ${typeToString({ ...key.expr.type, nullable: true })}`).join(', ');
  const types = (keys: readonly NamedExpr[]) =>
    keys.map((key) => [key.name, typeToString({ ...key.expr.type, nullable: true })]);
  if (JSON.stringify(types(a)) !== JSON.stringify(types(b))) return broken(`the key was ${show(a)}, is ${show(b)}`);
  return undefined;
}

function compareAggregates(a: readonly AggregateCall[], b: readonly AggregateCall[]): Finding | undefined {
  const text = (call: AggregateCall) =>
    JSON.stringify([call.fn, call.distinct, call.args, call.filter ?? null, call.type.kind]);
  const [old, next] = [a.map(text), b.map(text)];
  if (old.length === next.length && old.every((call, i) => call === next[i])) return undefined;
  const names = (calls: readonly AggregateCall[], texts: readonly string[], others: readonly string[]) =>
    calls.filter((_, i) => !others.includes(texts[i])).map((call) => `${call.fn}${call.distinct ? ' DISTINCT' : ''}`);
  const added = names(b, next, old);
  const removed = names(a, old, next);
  const parts = [
    ...(added.length ? [`has ${added.join(', ')} more`] : []),
    ...(removed.length ? [`lacks ${removed.join(', ')}`] : []),
  ];
  return broken(
    parts.length ? `it ${parts.join(' and ')}: the accumulators don't fit` : 'its aggregates are in another order',
  );
}

function compareProcesses(a: FunctionSpec, b: FunctionSpec): Finding {
  if (a.key !== b.key) return broken('the key function changed');
  return same(
    a.code === b.code && a.onTimer === b.onTimer ? 'keeps its state' : 'keeps its state; the function changed',
  );
}

/** Options of other transforms that don't concern their state. */
const FREE = new Set(['ttlMs', 'leftTtlMs', 'rightTtlMs', 'finalOnly']);

/** Of steps with models, what their state hangs on; all else (options, columns that are added) may change. */
const MODEL_STATE: Readonly<Record<string, readonly string[]>> = {
  score: ['key'],
  learn: ['pipeline', 'by', 'rowKey'],
  evaluate: ['metrics', 'window', 'by'],
  drift: ['detector', 'by'],
};

function compareOthers(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): Finding {
  const only = MODEL_STATE[String(a.transform)];
  const changed = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (key) => !FREE.has(key) && (!only || only.includes(key)) && JSON.stringify(a[key]) !== JSON.stringify(b[key]),
  );
  return changed.length > 0 ? broken(`changed: ${changed.join(', ')}`) : same('keeps its state');
}
