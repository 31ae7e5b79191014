/** Results as a table for people and as JSON lines for scripts. */
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
  /** Whether both engines gave the same answer on a smaller input, or why that was not asked. */
  readonly check?: string;
}

const COLUMNS = ['query', 'engine', 'events', 'wall s', 'CPU s', 'events/CPU s', 'peak MiB', 'ratio', 'result'];

function cells(result: Result): string[] {
  return [
    result.query,
    result.engine,
    result.events.toLocaleString('en'),
    result.wallS.toFixed(2),
    result.cpuS.toFixed(2),
    Math.round(result.eventsPerCpuS).toLocaleString('en'),
    result.peakRssMb.toFixed(0),
    result.ratio === undefined ? '' : `${result.ratio.toFixed(1)} ×`,
    result.check ?? '',
  ];
}

/** One object a line, figures rounded to what they are worth. */
export function jsonLine({
  query,
  engine,
  events,
  wallS,
  cpuS,
  eventsPerCpuS,
  peakRssMb,
  ratio,
  check,
}: Result): string {
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  return JSON.stringify({
    ...{ query, engine, events, wallS: round(wallS, 3), cpuS: round(cpuS, 2) },
    ...{ eventsPerCpuS: Math.round(eventsPerCpuS), peakRssMb: Math.round(peakRssMb) },
    ratio: ratio === undefined ? undefined : round(ratio, 2),
    check,
  });
}

export function table(results: readonly Result[]): string {
  const rows = [COLUMNS, ...results.map(cells)];
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const text = (row: string[]) =>
    row.map((cell, i) => (i < 2 || i === 8 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  return rows.map((row) => text(row).trimEnd()).join('\n');
}
