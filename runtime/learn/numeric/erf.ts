const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);
/** Nodes of the table lie 1/8 apart, from 0 to 6. */
const NODES_PER_UNIT = 8;
const LAST_NODE = 6 * NODES_PER_UNIT;
const TERMS = 14;

/** The error function by the series 7.1.6 below 3 and the continued fraction 7.1.14 above. */
function erfByExpansion(x: number): number {
  const square = x * x;
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * square) / (2 * n + 1);
      sum += term;
    }
    return TWO_OVER_ROOT_PI * Math.exp(-square) * sum;
  }
  let fraction = x;
  for (let k = 60; k >= 1; k--) fraction = x + k / 2 / fraction;
  return 1 - Math.exp(-square) / Math.sqrt(Math.PI) / fraction;
}

/** For each node x₀: erf(x₀), then the coefficients of h, h², … in erf(x₀ + h) − erf(x₀). */
const TABLE = new Float64Array((LAST_NODE + 1) * (TERMS + 1));
for (let node = 0; node <= LAST_NODE; node++) {
  const x = node / NODES_PER_UNIT;
  const at = node * (TERMS + 1);
  TABLE[at] = erfByExpansion(x);
  // e^(−(x+h)²) / e^(−x²) = Σ aₖ hᵏ with (k + 1) aₖ₊₁ = −2x aₖ − 2 aₖ₋₁; integrated term by term.
  let before = 0;
  let a = TWO_OVER_ROOT_PI * Math.exp(-x * x);
  for (let k = 0; k < TERMS; k++) {
    TABLE[at + k + 1] = a / (k + 1);
    const next = (-2 * x * a - 2 * before) / (k + 1);
    before = a;
    a = next;
  }
}

/**
 * The error function, to about 1e-15: Taylor series around the nearest node of a table. Source: M. Abramowitz and I. A.
 * Stegun, "Handbook of Mathematical Functions", 1964, section 7.1.
 */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude >= 6) return Math.sign(x);
  const node = Math.round(magnitude * NODES_PER_UNIT);
  const h = magnitude - node / NODES_PER_UNIT;
  const at = node * (TERMS + 1);
  let sum = 0;
  for (let k = TERMS; k >= 1; k--) sum = sum * h + TABLE[at + k];
  const result = TABLE[at] + sum * h;
  return x < 0 ? -result : result;
}

/** Chance that a standard normal variable is at most `x`. */
export function normalCdf(x: number): number {
  return 0.5 * (1 + erf(x / Math.SQRT2));
}
