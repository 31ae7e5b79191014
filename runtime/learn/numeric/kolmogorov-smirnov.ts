/**
 * Two-sample Kolmogorov-Smirnov test for samples of the same size n: the greatest gap between the two empirical
 * distributions, and the exact chance of one as great when both come from the same distribution.
 *
 * Source: B. V. Gnedenko and V. S. Korolyuk, 1951: P(D ≥ h/n) = 2 Σ (−1)^(k−1) C(2n, n − kh) / C(2n, n), k = 1, 2, …
 * Sorts both samples in place.
 */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): { statistic: number; pValue: number } {
  a.sort();
  b.sort();
  const n = a.length;
  let i = 0;
  let j = 0;
  let greatest = 0;
  while (i < n && j < n) {
    const value = Math.min(a[i], b[j]);
    while (i < n && a[i] === value) i++;
    while (j < n && b[j] === value) j++;
    greatest = Math.max(greatest, Math.abs(i - j));
  }
  return { statistic: greatest / n, pValue: chanceOfGap(n, greatest) };
}

function chanceOfGap(n: number, h: number): number {
  if (h === 0) return 1;
  let sum = 0;
  for (let k = 1; k * h <= n; k++) {
    let term = 1;
    for (let i = 1; i <= k * h; i++) term *= (n - k * h + i) / (n + i);
    sum += k % 2 === 1 ? term : -term;
  }
  return Math.min(1, 2 * sum);
}
