/**
 * Upper tails of the χ² and F distributions, for the p-values of feature selection. Source: W. H. Press and others,
 * "Numerical Recipes", 3rd edition, 2007, chapter 6 (incomplete gamma and beta functions); log gamma by C. Lanczos, 1964.
 */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  let sum = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i] / (z + i);
  const t = z + LANCZOS.length - 1.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Chance that a χ² variable with `dof` degrees of freedom is at least `x`. */
export function chiSquareTail(x: number, dof: number): number {
  if (!(x > 0)) return 1;
  const a = dof / 2;
  const z = x / 2;
  const scale = Math.exp(-z + a * Math.log(z) - logGamma(a));
  if (z < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 1000 && term > sum * 1e-17; n++) {
      term *= z / (a + n);
      sum += term;
    }
    return 1 - sum * scale;
  }
  return (
    scale *
    reciprocalFraction(
      (i) => -i * (i - a),
      (i) => z + 2 * i + 1 - a,
    )
  );
}

/** Chance that an F variable with `d1` and `d2` degrees of freedom is at least `x`. */
export function fTail(x: number, d1: number, d2: number): number {
  if (!(x > 0)) return 1;
  return incompleteBeta(d2 / (d2 + d1 * x), d2 / 2, d1 / 2);
}

function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const scale = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const fraction = reciprocalFraction(
    (i) => {
      const m = i >> 1;
      return i % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    },
    () => 1,
  );
  return scale * fraction;
}

/** 1 / (b₀ + a₁/(b₁ + a₂/(b₂ + …))), by Lentz's method. */
function reciprocalFraction(a: (i: number) => number, b: (i: number) => number): number {
  const tiny = 1e-300;
  let value = b(0) || tiny;
  let c = value;
  let d = 0;
  for (let i = 1; i < 5000; i++) {
    d = 1 / (b(i) + a(i) * d || tiny);
    c = b(i) + a(i) / c || tiny;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return 1 / value;
}
