/** The SQL body: compiled by runtime/sql, with the places of its errors carried over to the job file. */
import type { Path, StreamJobSpec } from '../../api/index.js';
import type { Plan } from '../graph/plan.js';
import type { ProblemList } from './invalid-job.js';
import type { JobCatalog } from './job-definition.js';

/** Compiles a SQL body. Problems are added to the list. */
export async function planSqlBody(
  _sql: string,
  spec: StreamJobSpec,
  _name: string,
  path: Path,
  _catalog: JobCatalog,
  problems: ProblemList,
): Promise<{ spec: StreamJobSpec; plan: Plan }> {
  problems.add('TW1009', path, 'sql bodies can’t be run yet', { atKey: true });
  return { spec, plan: { version: 1, nodes: [] } };
}
