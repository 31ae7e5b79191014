/** What differs between two versions: what they promise, and what they answer to the golden rows of the newer one. */
import {
  elementOf,
  goldenInputs,
  type ModelRegistry,
  type Tensor,
  type VersionManifest,
} from '../../runtime/model/index.js';
import { describeTensor } from './show-version.js';

export interface VersionDifference {
  readonly what: string;
  readonly a: string;
  readonly b: string;
}

export interface AnswerDifference {
  readonly output: string;
  /** Golden rows that both were asked. */
  readonly rows: number;
  /** Rows with any other value. */
  readonly different: number;
  readonly largest: number;
}

export function differences(a: VersionManifest, b: VersionManifest): VersionDifference[] {
  const bytes = (m: VersionManifest) => String(m.files.reduce((sum, file) => sum + file.bytes, 0));
  const golden = (m: VersionManifest) => (m.golden ? `${m.golden.rows} rows, ±${m.golden.tolerance}` : 'none');
  const facts: [string, (m: VersionManifest) => string][] = [
    ['format', (m) => m.format],
    ['digest', (m) => m.digest.slice(0, 12)],
    ['bytes', bytes],
    ['inputs', (m) => m.signature.inputs.map(describeTensor).join('; ')],
    ['outputs', (m) => m.signature.outputs.map(describeTensor).join('; ')],
    ['golden', golden],
    ['pushed', (m) => m.pushedAt],
    ...[...new Set([...Object.keys(a.labels ?? {}), ...Object.keys(b.labels ?? {})])].map(
      (key): [string, (m: VersionManifest) => string] => [`label ${key}`, (m) => m.labels?.[key] ?? '(none)'],
    ),
  ];
  return facts.map(([what, of]) => ({ what, a: of(a), b: of(b) })).filter((fact) => fact.a !== fact.b);
}

/** Asks both versions the golden rows of `b`, else those of `a`. */
export async function answerDifferences(
  registry: ModelRegistry,
  name: string,
  a: string,
  b: string,
): Promise<AnswerDifference[]> {
  const ofB = await registry.golden(name, b);
  const rows = ofB.length > 0 ? ofB : await registry.golden(name, a);
  if (rows.length === 0) return [];
  const [first, second] = await Promise.all([a, b].map((version) => registry.open(name, version, { golden: false })));
  try {
    const found = new Map<string, { rows: number; different: number; largest: number }>();
    for (const row of rows) {
      const [x, y] = [await first.predict(goldenInputs(first, row)), await second.predict(goldenInputs(second, row))];
      for (const output of Object.keys(y).filter((key) => key in x)) {
        const seen = found.get(output) ?? { rows: 0, different: 0, largest: 0 };
        const distance = largestDistance(x[output], y[output]);
        seen.rows++;
        if (distance > 0) seen.different++;
        seen.largest = Math.max(seen.largest, distance);
        found.set(output, seen);
      }
    }
    return [...found].map(([output, seen]) => ({ output, ...seen }));
  } finally {
    await first.close();
    await second.close();
  }
}

function largestDistance(x: Tensor, y: Tensor): number {
  if (x.data.length !== y.data.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < x.data.length; i++) {
    const [a, b] = [elementOf(x, i), elementOf(y, i)];
    if (a === b) continue;
    const distance =
      typeof a === 'string' || typeof b === 'string' ? Number.POSITIVE_INFINITY : Math.abs(Number(a) - Number(b));
    largest = Math.max(largest, distance);
  }
  return largest;
}
