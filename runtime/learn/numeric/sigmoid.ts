/** 1 / (1 + e^−x); exactly 0 below −30 and exactly 1 above 30. */
export function sigmoid(x: number): number {
  if (x < -30) return 0;
  if (x > 30) return 1;
  return 1 / (1 + Math.exp(-x));
}
