import type { FlinkSession } from './flink-session.js';
export async function campaign(_session: FlinkSession, _count: number, _seed: number): Promise<number> {
  return 0;
}
