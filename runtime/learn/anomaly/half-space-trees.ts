import type { AnomalyDetector } from '../contracts.js';
import { requireParameter } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { RowStep } from '../features/row-step.js';
import { MersenneTwister } from '../random/mersenne-twister.js';
import { checkJson, type LearnJson, packFloats, unpackFloats } from '../state.js';

export interface HalfSpaceTreesParams {
  /** Trees (default 10). */
  nTrees?: number;
  /** Levels of each tree, 1 … 20 (default 8); a tree has 2^(height + 1) − 1 nodes. */
  height?: number;
  /** Rows in the window that scores compare with (default 250). */
  windowSize?: number;
  /** Range of a feature, by name (default 0 to 1: put a MinMaxScaler before). */
  limits?: Readonly<Record<string, readonly [number, number]>>;
  /** Seed of the random divisions (default 0). */
  seed?: number;
}

/** Cuts stay this share of a range away from its ends. */
const PADDING = 0.15;

/**
 * Half-space trees: an anomaly detector that counts how many rows of the last window fell into the same random boxes.
 *
 * Shapes: a row of numeric features within `limits`; the features of the first row are those that the trees divide. Scores:
 * 0 until the first window is full, then 0 (many neighbours) … 1 (alone). Constant memory. Source: S. C. Tan, K. M. Ting and
 * T. F. Liu, "Fast anomaly detection for streaming data", IJCAI 2011. With the same seed the trees are River's.
 * Errors: `TW7102` for strings and infinities.
 */
export class HalfSpaceTrees extends RowStep implements AnomalyDetector {
  static readonly type = 'HalfSpaceTrees';
  readonly kind = 'anomaly';
  private readonly params: Required<HalfSpaceTreesParams>;
  private twister: MersenneTwister;
  /** Nodes of all trees; the children of node i of a tree are 2i + 1 and 2i + 2. */
  private nodesPerTree: number;
  private cutFeatures = new Int32Array(0);
  private thresholds: Float64Array = new Float64Array(0);
  private newest: Float64Array = new Float64Array(0);
  private reference: Float64Array = new Float64Array(0);
  private counter = 0;
  private firstWindow = true;
  private dense = new Float64Array(16);
  /** Scratch space of `divide`. */
  private widths = new Float64Array(0);

  constructor(params: HalfSpaceTreesParams = {}) {
    super();
    const { nTrees = 10, height = 8, windowSize = 250, limits = {}, seed = 0 } = params;
    requireParameter(Number.isInteger(nTrees) && nTrees > 0, 'nTrees', nTrees, 'an integer above 0');
    requireParameter(
      Number.isInteger(height) && height > 0 && height <= 20,
      'height',
      height,
      'an integer from 1 to 20',
    );
    requireParameter(Number.isInteger(windowSize) && windowSize > 0, 'windowSize', windowSize, 'an integer above 0');
    this.params = { nTrees, height, windowSize, limits, seed };
    this.nodesPerTree = 2 ** (height + 1) - 1;
    this.twister = MersenneTwister.python(seed);
  }

  private plant(row: FeatureRow): void {
    const { nTrees, limits } = this.params;
    const present = new Set(row.indices.subarray(0, row.size));
    const population = this.features.sortedIds().filter((id) => present.has(id));
    const lows = new Float64Array(population.length);
    const highs = new Float64Array(population.length);
    this.widths = new Float64Array(population.length);
    population.forEach((id, place) => {
      const name = this.features.nameOf(id);
      const [low, high] = Object.hasOwn(limits, name) ? limits[name] : [0, 1];
      lows[place] = low;
      highs[place] = high;
    });
    const nodes = nTrees * this.nodesPerTree;
    this.cutFeatures = new Int32Array(nodes);
    this.thresholds = new Float64Array(nodes);
    this.newest = new Float64Array(nodes);
    this.reference = new Float64Array(nodes);
    for (let tree = 0; tree < nTrees; tree++) this.divide(tree * this.nodesPerTree, 0, 0, population, lows, highs);
  }

  private divide(
    base: number,
    node: number,
    level: number,
    population: readonly number[],
    lows: Float64Array,
    highs: Float64Array,
  ): void {
    if (level === this.params.height) return;
    const { widths } = this;
    for (let i = 0; i < widths.length; i++) widths[i] = highs[i] - lows[i];
    const place = this.twister.choice(widths);
    const low = lows[place];
    const high = highs[place];
    const cut = this.twister.uniform(low + PADDING * (high - low), high - PADDING * (high - low));
    this.cutFeatures[base + node] = population[place];
    this.thresholds[base + node] = cut;
    highs[place] = cut;
    this.divide(base, 2 * node + 1, level + 1, population, lows, highs);
    highs[place] = high;
    lows[place] = cut;
    this.divide(base, 2 * node + 2, level + 1, population, lows, highs);
    lows[place] = low;
  }

  private densify(row: FeatureRow): Float64Array {
    const span = this.features.size;
    if (this.dense.length < span) this.dense = new Float64Array(span * 2);
    const { dense } = this;
    if (row.size < span) dense.fill(Number.NaN, 0, span);
    for (let k = 0; k < row.size; k++) dense[row.indices[k]] = row.values[k];
    return dense;
  }

  learnOne(x: FeatureInput): void {
    const row = this.asRow(x);
    if (this.newest.length === 0) this.plant(row);
    const dense = this.densify(row);
    const { nTrees, height, windowSize } = this.params;
    const { newest, cutFeatures, thresholds, nodesPerTree } = this;
    for (let tree = 0, base = 0; tree < nTrees; tree++, base += nodesPerTree) {
      let node = 0;
      for (let level = 0; level < height; level++) {
        newest[base + node]++;
        const value = dense[cutFeatures[base + node]];
        const left = 2 * node + 1;
        if (value < thresholds[base + node]) node = left;
        else node = Number.isNaN(value) ? this.fuller(base, left) : left + 1;
      }
      newest[base + node]++;
    }
    if (++this.counter < windowSize) return;
    this.reference.set(newest);
    newest.fill(0);
    this.firstWindow = false;
    this.counter = 0;
  }

  /** Where a row goes that lacks the feature: of the children `left` and `left + 1`, the one with more new rows. */
  private fuller(base: number, left: number): number {
    return this.newest[base + left] < this.newest[base + left + 1] ? left + 1 : left;
  }

  scoreOne(x: FeatureInput): number {
    if (this.firstWindow) return 0;
    const dense = this.densify(this.asRow(x));
    const { nTrees, height, windowSize } = this.params;
    const { reference, cutFeatures, thresholds, nodesPerTree } = this;
    const sizeLimit = 0.1 * windowSize;
    let score = 0;
    for (let tree = 0, base = 0; tree < nTrees; tree++, base += nodesPerTree) {
      let node = 0;
      let scale = 1;
      for (let level = 0; ; level++) {
        const mass = reference[base + node];
        score += mass * scale;
        if (level === height || mass < sizeLimit) break;
        const value = dense[cutFeatures[base + node]];
        const left = 2 * node + 1;
        if (value < thresholds[base + node]) node = left;
        else node = Number.isNaN(value) ? this.fuller(base, left) : left + 1;
        scale *= 2;
      }
    }
    return 1 - score / (nTrees * windowSize * nodesPerTree);
  }

  toJSON(): LearnJson {
    return {
      type: HalfSpaceTrees.type,
      version: 1,
      params: this.params,
      features: this.featuresJson(),
      twister: this.twister.toJSON(),
      cutFeatures: [...this.cutFeatures],
      thresholds: packFloats(this.thresholds),
      newest: packFloats(this.newest),
      reference: packFloats(this.reference),
      counter: this.counter,
      firstWindow: this.firstWindow,
    };
  }

  static fromJSON(json: LearnJson): HalfSpaceTrees {
    checkJson(json, HalfSpaceTrees.type);
    const model = new HalfSpaceTrees(json.params);
    model.restoreFeatures(json.features);
    model.twister = MersenneTwister.fromJSON(json.twister);
    model.cutFeatures = Int32Array.from(json.cutFeatures);
    model.thresholds = unpackFloats(json.thresholds);
    model.newest = unpackFloats(json.newest);
    model.reference = unpackFloats(json.reference);
    model.counter = json.counter;
    model.firstWindow = json.firstWindow;
    return model;
  }
}
