/** The SQL body: compiled by runtime/sql, with the places of its errors carried over to the job file. */
import { type ErrorCode, isErrorMessage, type Path, type StreamJobSpec } from '../../api/index.js';
import type { Plan } from '../graph/plan.js';
import type { ConnectorInfo, FormatInfo } from '../sql/catalog/connectors.js';
import { parseDuration } from '../time/duration.js';
import type { ProblemList } from './invalid-job.js';
import type { JobCatalog } from './job-definition.js';
import { offsetOf } from './places.js';
import { SPEC_SETTINGS } from './sql-settings.js';

const NO_EFFECT = /^setting '(.*)' has no effect$/;

/** Compiles a SQL body. Problems are added to the list. */
export async function planSqlBody(
  sql: string,
  spec: StreamJobSpec,
  path: Path,
  catalog: JobCatalog,
  problems: ProblemList,
  bareScript: boolean,
): Promise<Plan> {
  const { compileSql } = await import('../sql/compile.js');
  try {
    const compiled = compileSql(sql, {
      file: problems.places.file,
      mode: spec.mode,
      timeZone: spec.timeZone,
      connectors: await connectorsIn(sql, catalog),
      formats: await formatsIn(sql, catalog),
      ...(spec.stateTtl === undefined ? {} : { ttlMs: parseDuration(spec.stateTtl) }),
    });
    for (const warning of compiled.warnings) {
      const setting = NO_EFFECT.exec(warning.message)?.[1];
      const field = setting === undefined ? undefined : SPEC_SETTINGS[setting]?.path.join('.');
      if (field && bareScript) continue;
      const index = offsetOf(sql, warning.line, warning.column);
      if (field)
        problems.warn('TW1009', path, `SET '${setting}' has no effect here`, { hint: `Set spec.${field}`, index });
      else problems.warn('TW2004', path, warning.message, { index });
    }
    if (compiled.plan.nodes.length === 0) {
      problems.add('TW2004', path, 'the script computes nothing', { hint: 'End it with INSERT INTO … SELECT …' });
    }
    return compiled.plan;
  } catch (error) {
    if (!isErrorMessage(error)) throw error;
    const { line, column } = error.where ?? {};
    problems.add(error.code as ErrorCode, path, error.message, {
      hint: error.hint,
      index: line === undefined ? 0 : offsetOf(sql, line, column ?? 1),
    });
    return { version: 1, nodes: [] };
  }
}

/** All connectors by name; only those that the script names are loaded, the others are there for 'did you mean'. */
async function connectorsIn(sql: string, catalog: JobCatalog): Promise<Record<string, ConnectorInfo>> {
  const infos = catalog.connectorNames.map(async (name): Promise<[string, ConnectorInfo]> => {
    return [name, (named(sql, name) ? await catalog.connector(name) : undefined) ?? {}];
  });
  return Object.fromEntries(await Promise.all(infos));
}

async function formatsIn(sql: string, catalog: JobCatalog): Promise<Record<string, FormatInfo>> {
  const infos = (await catalog.formatNames()).map(async (name): Promise<[string, FormatInfo]> => {
    const format = named(sql, name) ? await catalog.format(name) : undefined;
    return [name, { options: format?.options ?? {} }];
  });
  return Object.fromEntries(await Promise.all(infos));
}

function named(sql: string, name: string): boolean {
  return sql.includes(`'${name}'`);
}
