/** What suites find, as tables for people and as JSON lines for scripts. */

/** A run's throughput. */
export interface Result {
  readonly query: string;
  readonly engine: string;
  readonly events: number;
  readonly wallS: number;
  readonly cpuS: number;
  readonly eventsPerCpuS: number;
  readonly peakRssMb: number;
  /** Events per CPU second of Tidewheel to this engine's; 1 for Tidewheel itself. */
  readonly ratio?: number;
  /** What the ratio is to be, at least. */
  readonly target?: number;
  /** Whether both engines gave the same answer on a smaller input, or why that was not asked. */
  readonly check?: string;
}

/** Something measured that is no throughput: a latency, a pause, a size. */
export interface Figure {
  /** What was run, e.g. `latency/exactly-once`. */
  readonly query: string;
  readonly engine: string;
  /** What was measured of it, e.g. `p99`. */
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
  /** At most, or at least. */
  readonly target?: { readonly most: number } | { readonly least: number };
}

/** Where suites put what they find, as they find it. */
export interface Report {
  result(result: Result): void;
  figure(figure: Figure): void;
  problem(query: string, engine: string, problem: string): void;
}

const RESULT_COLUMNS = [
  ...['query', 'engine', 'events', 'wall s', 'CPU s', 'events/CPU s', 'peak MiB', 'ratio', 'target', 'result'],
];
const FIGURE_COLUMNS = ['query', 'engine', 'measure', 'value', 'unit', 'target', 'met'];

function resultCells(result: Result): string[] {
  return [
    result.query,
    result.engine,
    result.events.toLocaleString('en'),
    result.wallS.toFixed(2),
    result.cpuS.toFixed(2),
    Math.round(result.eventsPerCpuS).toLocaleString('en'),
    result.peakRssMb.toFixed(0),
    result.ratio === undefined ? '' : `${result.ratio.toFixed(1)} ×`,
    result.target === undefined ? '' : `≥ ${result.target} ×`,
    result.check ?? '',
  ];
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));
/** Three digits are what a measurement is worth. */
const significant = (value: number) => (Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

function targetText({ target }: Figure): string {
  if (!target) return '';
  return 'most' in target ? `≤ ${target.most}` : `≥ ${target.least}`;
}

/** Whether a figure is as it is to be; undefined where nothing is asked. */
export function isMet({ value, target }: Figure): boolean | undefined {
  if (!target) return undefined;
  return 'most' in target ? value <= target.most : value >= target.least;
}

function figureCells(figure: Figure): string[] {
  const { query, engine, measure, value, unit } = figure;
  const met = isMet(figure);
  return [
    ...[query, engine, measure, significant(value).toLocaleString('en'), unit],
    ...[targetText(figure), met === undefined ? '' : met ? 'yes' : 'NO'],
  ];
}

/** One object a line, figures rounded to what they are worth. */
export function jsonLine(result: Result): string {
  const { query, engine, events, wallS, cpuS, eventsPerCpuS, peakRssMb, ratio, target, check } = result;
  return JSON.stringify({
    ...{ query, engine, events, wallS: round(wallS, 3), cpuS: round(cpuS, 2) },
    ...{ eventsPerCpuS: Math.round(eventsPerCpuS), peakRssMb: Math.round(peakRssMb) },
    ratio: ratio === undefined ? undefined : round(ratio, 2),
    target,
    check,
  });
}

export function figureJsonLine(figure: Figure): string {
  const { query, engine, measure, value, unit } = figure;
  const target = figure.target && targetText(figure);
  return JSON.stringify({ query, engine, measure, value: significant(value), unit, target, met: isMet(figure) });
}

function aligned(rows: string[][], isText: (column: number) => boolean): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const text = (row: string[]) =>
    row.map((cell, i) => (isText(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  return rows.map((row) => text(row).trimEnd()).join('\n');
}

export function table(results: readonly Result[]): string {
  return aligned([RESULT_COLUMNS, ...results.map(resultCells)], (i) => i < 2 || i === 9);
}

export function figureTable(figures: readonly Figure[]): string {
  return aligned([FIGURE_COLUMNS, ...figures.map(figureCells)], (i) => i !== 3);
}
