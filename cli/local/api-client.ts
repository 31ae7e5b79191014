/** Finds the coordinator of a job that runs on this machine and talks to its REST API. */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TidewheelError } from '../../api/index.js';

export interface CoordinatorAddress {
  readonly host: string;
  readonly httpPort: number;
  readonly pid: number;
}

const SUFFIX = '.coordinator.json';

export function addressFile(stateDir: string, job: string): string {
  return join(stateDir, `${job}${SUFFIX}`);
}

/** Tells others where the coordinator is: whole or not at all. */
export async function writeAddress(file: string, address: CoordinatorAddress & { controlPort: number }): Promise<void> {
  const { host, httpPort, controlPort, pid } = address;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.${pid}.tmp`, JSON.stringify({ host, httpPort, controlPort, pid }));
  await rename(`${file}.${pid}.tmp`, file);
}

/** Base URL of a running job's API. Throws TW8002 when no such job runs here. */
export async function findJob(stateDir: string, job: string): Promise<string> {
  try {
    const address: CoordinatorAddress = JSON.parse(await readFile(addressFile(stateDir, job), 'utf8'));
    return `http://${address.host}:${address.httpPort}`;
  } catch {
    const files = await readdir(stateDir).catch(() => []);
    const others = files.filter((f) => f.endsWith(SUFFIX)).map((f) => f.slice(0, -SUFFIX.length));
    const known =
      others.length > 0 ? `Running here: ${others.join(', ')}` : `No job runs with its state in ${stateDir}`;
    throw new TidewheelError('TW8002', `no job '${job}' runs here`, {
      hint: `${known}; --state-dir names another folder`,
    });
  }
}

/** Calls the API; its errors become TidewheelErrors. */
export async function call<T>(url: string, method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url + path, { method, body: body && JSON.stringify(body) });
  } catch (cause) {
    const hint = 'The job may have ended, or its coordinator is being restarted';
    throw new TidewheelError('TW8002', `the coordinator at ${url} does not answer`, { hint, cause });
  }
  const answer = (await response.json()) as T & { message?: string };
  if (!response.ok) throw new TidewheelError('TW8003', answer.message ?? `the coordinator answered ${response.status}`);
  return answer;
}
