/** Quality gates: what StreamJobs measured of a version on labelled rows, held against what the spec asks. Pure. */
import type { ModelDeploymentSpec } from '../../api/index.js';
import type { QualityReport } from '../../runtime/model/contract.js';
import { parseDuration } from '../../runtime/time/duration.js';

export interface QualityView {
  /** Of the version that is judged, by its sources. */
  readonly candidate: readonly QualityReport[];
  /** Of the version before. */
  readonly stable: readonly QualityReport[];
}

export type Verdict =
  | { readonly is: 'passed' }
  /** Not enough is measured yet. */
  | { readonly is: 'open'; readonly message: string }
  | { readonly is: 'failed'; readonly reason: string; readonly message: string };

type Gate = NonNullable<ModelDeploymentSpec['canary']['gates']>[number]['quality'];

/**
 * All gates together: the first failure counts. Only reports from `sinceMs` on say something of the version under the load of now; what
 * another job measured of it before doesn't.
 */
export function judgeQuality(
  { canary }: ModelDeploymentSpec,
  view: QualityView | undefined,
  sinceMs: number,
  nowMs: number,
): Verdict {
  let open: Verdict | undefined;
  for (const { quality: gate } of canary.gates ?? []) {
    const verdict = judge(gate, view, sinceMs);
    if (verdict.is === 'failed') return verdict;
    if (verdict.is === 'passed') continue;
    if (gate.deadline !== undefined && nowMs - sinceMs > parseDuration(gate.deadline)) {
      return { is: 'failed', reason: 'NotMeasured', message: `${verdict.message} within ${gate.deadline}` };
    }
    open ??= verdict;
  }
  return open ?? { is: 'passed' };
}

function judge(gate: Gate, view: QualityView | undefined, sinceMs: number): Verdict {
  const { metric, atLeast, atMost, worseThanStableBy, minSamples } = gate;
  let open = `no job has measured its ${metric}`;
  let isPassed = false;
  for (const { source, samples, measuredAt, metrics } of view?.candidate ?? []) {
    const measured = metrics[metric];
    if (!measured || Date.parse(measuredAt) < sinceMs) continue;
    if (samples < minSamples) {
      open = `its ${metric} is measured on ${samples} of ${minSamples} labelled rows`;
      continue;
    }
    const { value, biggerIsBetter } = measured;
    const failed = (message: string): Verdict => ({
      is: 'failed',
      reason: 'QualityTooLow',
      message: `its ${metric} is ${shown(value)} on ${samples} labelled rows (${source}); ${message}`,
    });
    if (atLeast !== undefined && value < atLeast) return failed(`at least ${atLeast} is asked`);
    if (atMost !== undefined && value > atMost) return failed(`at most ${atMost} is allowed`);
    if (worseThanStableBy !== undefined) {
      const other = view?.stable.find((report) => report.source === source)?.metrics[metric]?.value;
      const loss = other === undefined ? 0 : biggerIsBetter ? other - value : value - other;
      if (other !== undefined && loss > worseThanStableBy)
        return failed(`the version before has ${shown(other)}, and it may be worse by ${worseThanStableBy}`);
    }
    isPassed = true;
  }
  return isPassed ? { is: 'passed' } : { is: 'open', message: open };
}

/** For people: `Accuracy 0.97 (1200 rows)`. */
export function qualityText({ canary }: ModelDeploymentSpec, reports: readonly QualityReport[]): string | undefined {
  const texts = (canary.gates ?? []).flatMap(({ quality: { metric } }) =>
    reports.flatMap((r) =>
      r.metrics[metric] ? [`${metric} ${shown(r.metrics[metric].value)} (${r.samples} rows)`] : [],
    ),
  );
  return texts.length > 0 ? texts.join(', ') : undefined;
}

const shown = (value: number) => String(Number(value.toPrecision(4)));
