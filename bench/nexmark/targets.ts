/** What the ratio to Flink is to be at least. */
const TARGETS: Readonly<Record<string, number>> = { q0: 5, q1: 5, q2: 5, q5: 4, q7: 4, q8: 4, q11: 4, q12: 4 };
const OTHERS = 3;

export function targetOf(query: string): number {
  return TARGETS[query] ?? OTHERS;
}
