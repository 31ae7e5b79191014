/** A CPU profile of V8 (`node --cpu-prof`) as a flame graph: a drawing whose widths are shares of the time. */

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Functions with the same way to them from the root. Times are microseconds. */
interface Frame {
  readonly name: string;
  readonly place: string;
  readonly children: Map<string, Frame>;
  selfUs: number;
  totalUs: number;
}

export interface HotSpot {
  readonly name: string;
  readonly place: string;
  readonly share: number;
}

/** Time in which nothing ran. */
const NOT_WORK = new Set(['(idle)', '(program)']);

function selfTimes(profile: CpuProfile): Map<number, number> {
  const times = new Map<number, number>();
  profile.samples.forEach((id, i) => times.set(id, (times.get(id) ?? 0) + profile.timeDeltas[i]));
  return times;
}

function placeOf({ callFrame: { url, lineNumber } }: ProfileNode): string {
  if (url === '') return '';
  return `${url.replace(/^.*\/(dist|node_modules)\//, '').replace(/^file:\/\//, '')}:${lineNumber + 1}`;
}

/** Functions by the time spent in themselves, the most first. */
export function hotSpots(profile: CpuProfile, count: number): HotSpot[] {
  const times = selfTimes(profile);
  const byPlace = new Map<string, { name: string; place: string; us: number }>();
  let total = 0;
  for (const node of profile.nodes) {
    const name = node.callFrame.functionName || '(anonymous)';
    const us = times.get(node.id) ?? 0;
    if (NOT_WORK.has(name)) continue;
    total += us;
    const place = placeOf(node);
    const key = `${name} ${place}`;
    const entry = byPlace.get(key) ?? { name, place, us: 0 };
    entry.us += us;
    byPlace.set(key, entry);
  }
  return [...byPlace.values()]
    .sort((a, b) => b.us - a.us)
    .slice(0, count)
    .map(({ name, place, us }) => ({ name, place, share: us / total }));
}

function tree(profile: CpuProfile): Frame {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const times = selfTimes(profile);
  const root: Frame = { name: 'all', place: '', children: new Map(), selfUs: 0, totalUs: 0 };
  const visit = (node: ProfileNode, into: Frame): number => {
    const name = node.callFrame.functionName || '(anonymous)';
    if (NOT_WORK.has(name)) return 0;
    const place = placeOf(node);
    const key = `${name} ${place}`;
    let frame = into.children.get(key);
    if (!frame) into.children.set(key, (frame = { name, place, children: new Map(), selfUs: 0, totalUs: 0 }));
    const self = times.get(node.id) ?? 0;
    frame.selfUs += self;
    let total = self;
    for (const child of node.children ?? []) total += visit(byId.get(child)!, frame);
    frame.totalUs += total;
    return total;
  };
  for (const child of profile.nodes[0].children ?? []) root.totalUs += visit(byId.get(child)!, root);
  return root;
}

const WIDTH = 1600;
const ROW = 17;
const MIN_WIDTH = 0.5;
const CHAR_WIDTH = 6.6;

/** The drawing as SVG. Each box tells its name, place and share when pointed at. */
export function flameGraph(profile: CpuProfile, title: string): string {
  const root = tree(profile);
  const boxes: string[] = [];
  let depth = 0;
  const draw = (frame: Frame, x: number, level: number): void => {
    const width = (frame.totalUs / root.totalUs) * WIDTH;
    if (width < MIN_WIDTH) return;
    depth = Math.max(depth, level);
    const share = ((frame.totalUs / root.totalUs) * 100).toFixed(1);
    const label = frame.name.slice(0, Math.floor(width / CHAR_WIDTH));
    const y = level * ROW;
    boxes.push(
      `<g><title>${escapeXml(`${frame.name} ${frame.place} — ${share} %`)}</title>` +
        `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colour(frame)}"/>` +
        `${label.length > 2 ? `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${escapeXml(label)}</text>` : ''}</g>`,
    );
    let at = x;
    for (const child of [...frame.children.values()].sort((a, b) => b.totalUs - a.totalUs)) {
      draw(child, at, level + 1);
      at += (child.totalUs / root.totalUs) * WIDTH;
    }
  };
  draw(root, 0, 1);
  const height = (depth + 2) * ROW;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="11">` +
    `<text x="4" y="12" font-size="13">${escapeXml(title)} — ${(root.totalUs / 1e6).toFixed(2)} s</text>${boxes.join('\n')}</svg>\n`
  );
}

/** Generated code is red, the engine yellow, Node and libraries grey. */
function colour({ name, place }: Frame): string {
  if (name.startsWith('(')) return '#b0b0b0';
  if (place === '' || place.startsWith(':')) return '#e8794a';
  return /^(runtime|api|cli)\//.test(place) ? '#e8c04a' : '#c8c8c8';
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
