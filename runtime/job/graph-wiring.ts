/** Who feeds whom in a graph body: `from`, `edges`, `union` and the order of the list, checked and sorted. */
import { type Graph, type GraphNode, nearestName, type Path, STEP_KINDS, type StepKind } from '../../api/index.js';
import type { ProblemList } from './invalid-job.js';

const LATE = '.late';

/** `byCard.late`, the late rows of the window byCard: the step that they come from, or undefined for other names. */
export function lateRowsOf(name: string): string | undefined {
  return name.endsWith(LATE) ? name.slice(0, -LATE.length) : undefined;
}

export interface WiredNode {
  readonly node: GraphNode;
  readonly kind: StepKind;
  /** In the file. */
  readonly path: Path;
  /** Names of the steps whose rows it gets. */
  readonly from: readonly string[];
}

/** Nodes in topological order, that of the list where it is free. Nodes with problems are left out. */
export function wireGraph(graph: Graph, path: Path, problems: ProblemList): WiredNode[] {
  const before = problems.problems.length;
  const byName = new Map<string, WiredNode>();
  const nodes: WiredNode[] = [];
  graph.nodes.forEach((node, i) => {
    const at = [...path, 'nodes', i];
    const kind = STEP_KINDS.find((k) => node[k] !== undefined);
    if (!kind) return;
    const wired: WiredNode = { node, kind, path: at, from: inputsOf(graph, i, kind, at, path, problems) };
    if (byName.has(node.name)) {
      problems.add('TW1102', [...at, 'name'], `two nodes are named '${node.name}'`, {
        hint: 'State is kept under the name, so each must be there once',
      });
      return;
    }
    byName.set(node.name, wired);
    nodes.push(wired);
  });
  checkConnections(graph, nodes, byName, path, problems);
  return problems.problems.length > before ? nodes : sorted(nodes, byName, problems);
}

function inputsOf(
  graph: Graph,
  index: number,
  kind: StepKind,
  at: Path,
  path: Path,
  problems: ProblemList,
): readonly string[] {
  const node = graph.nodes[index];
  const written = kind === 'union' ? node.union : node.from;
  const field = kind === 'union' ? 'union' : 'from';
  if (kind === 'union' && node.from !== undefined) {
    problems.add('TW1105', [...at, 'from'], `'union' names the inputs of '${node.name}'; leave 'from' out`, {
      atKey: true,
    });
  }
  const edges = graph.edges ?? [];
  if (written !== undefined) {
    const names = typeof written === 'string' ? [written] : written;
    if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== 'string')) {
      problems.add(
        'TW1004',
        [...at, field],
        `'${field}' of '${node.name}' must be the name of a node, or a list of names`,
      );
      return [];
    }
    if (edges.some((edge) => edge.to === node.name)) {
      problems.add('TW1105', [...at, field], `'${node.name}' has both '${field}' and an edge to it; use one of them`);
    }
    return [...new Set(names as string[])];
  }
  if (edges.length > 0) return [...new Set(edges.filter((edge) => edge.to === node.name).map((edge) => edge.from))];
  if (kind === 'source') return [];
  if (index === 0) {
    problems.add('TW1105', at, `the first node, '${node.name}', is not a source and says no 'from'`, {
      hint: 'Begin with a source, or name its input: from: …',
    });
    return [];
  }
  const previous = graph.nodes[index - 1];
  if (previous.sink !== undefined) {
    problems.add('TW1105', at, `'${node.name}' follows the sink '${previous.name}', which hands nothing on`, {
      hint: `Name its input: from: …${namesBefore(graph, index, path)}`,
    });
    return [];
  }
  return [previous.name];
}

function namesBefore(graph: Graph, index: number, _path: Path): string {
  const names = graph.nodes
    .slice(0, index)
    .filter((n) => n.sink === undefined)
    .map((n) => n.name);
  return names.length > 0 ? ` (one of ${names.join(', ')})` : '';
}

function checkConnections(
  graph: Graph,
  nodes: readonly WiredNode[],
  byName: ReadonlyMap<string, WiredNode>,
  path: Path,
  problems: ProblemList,
): void {
  const unknown = (name: string, at: Path) => {
    const near = nearestName(name, byName.keys());
    problems.add('TW1101', at, `no node is named '${name}'`, {
      hint: near ? `Did you mean '${near}'?` : `Nodes: ${[...byName.keys()].join(', ')}`,
    });
  };
  graph.edges?.forEach((edge, i) => {
    for (const end of ['from', 'to'] as const) {
      if (!byName.has(edge[end])) unknown(edge[end], [...path, 'edges', i, end]);
    }
  });
  const hasEdges = (graph.edges?.length ?? 0) > 0;
  const followed = new Set<string>();
  for (const { node, kind, path: at, from } of nodes) {
    const field = kind === 'union' ? 'union' : 'from';
    from.forEach((name, i) => {
      followed.add(name);
      const place = node[field] === undefined ? at : Array.isArray(node[field]) ? [...at, field, i] : [...at, field];
      const window = byName.has(name) ? undefined : lateRowsOf(name);
      const input = byName.get(window ?? name);
      if (window !== undefined && input && input.kind !== 'window') {
        problems.add('TW1105', place, `'${window}' is no window: it has no late rows`);
      }
      if (!input) {
        if (!hasEdges || node[field] !== undefined) unknown(name, place);
      } else if (input.kind === 'sink') {
        problems.add('TW1105', place, `'${name}' is a sink: it hands nothing on to '${node.name}'`);
      }
    });
    if (kind === 'source' && from.length > 0) {
      problems.add('TW1105', at, `'${node.name}' is a source: it has no input`);
    }
    if (kind !== 'source' && from.length === 0 && hasEdges && node[field] === undefined) {
      problems.add('TW1105', at, `no edge leads to '${node.name}'`, {
        hint: `Add { from: …, to: ${node.name} } to edges`,
      });
    }
  }
  for (const { node, kind, path: at } of nodes) {
    if (kind !== 'sink' && !followed.has(node.name)) {
      problems.warn('TW1105', at, `nothing reads from '${node.name}': its rows are thrown away`);
    }
  }
}

function sorted(
  nodes: readonly WiredNode[],
  byName: ReadonlyMap<string, WiredNode>,
  problems: ProblemList,
): WiredNode[] {
  const order: WiredNode[] = [];
  const done = new Set<string>();
  let rest = [...nodes];
  while (rest.length > 0) {
    const next = rest.find((n) => n.from.every((name) => done.has(name) || done.has(lateRowsOf(name) ?? '')));
    if (!next) {
      const circle = findCircle(rest[0], byName, done);
      problems.add('TW1104', rest[0].path, `the graph has a circle: ${circle.join(' → ')}`);
      return order;
    }
    order.push(next);
    done.add(next.node.name);
    rest = rest.filter((n) => n !== next);
  }
  return order;
}

/** Follows inputs from a node that can't be placed until a name comes again. */
function findCircle(start: WiredNode, byName: ReadonlyMap<string, WiredNode>, done: ReadonlySet<string>): string[] {
  const trail: string[] = [];
  let node = start;
  while (!trail.includes(node.node.name)) {
    trail.unshift(node.node.name);
    node = byName.get(node.from.find((name) => !done.has(name) && !done.has(lateRowsOf(name) ?? ''))!)!;
  }
  const from = trail.indexOf(node.node.name);
  return [...trail.slice(0, from + 1).slice(-1), ...trail.slice(0, from + 1)];
}
