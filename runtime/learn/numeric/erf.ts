const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

/**
 * The error function, to about 1e-15. Source: M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions", 1964:
 * the series 7.1.6 below 3, the continued fraction 7.1.14 above.
 */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude > 6) return Math.sign(x);
  const square = magnitude * magnitude;
  let result: number;
  if (magnitude < 3) {
    let term = magnitude;
    let sum = magnitude;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * square) / (2 * n + 1);
      sum += term;
    }
    result = TWO_OVER_ROOT_PI * Math.exp(-square) * sum;
  } else {
    let fraction = magnitude;
    for (let k = 60; k >= 1; k--) fraction = magnitude + k / 2 / fraction;
    result = 1 - Math.exp(-square) / Math.sqrt(Math.PI) / fraction;
  }
  return x < 0 ? -result : result;
}

/** Chance that a standard normal variable is at most `x`. */
export function normalCdf(x: number): number {
  return 0.5 * (1 + erf(x / Math.SQRT2));
}
