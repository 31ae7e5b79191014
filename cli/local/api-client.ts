/** Finds the coordinator of a job that runs on this machine and talks to its REST API. */
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TidewheelError } from '../../api/index.js';
import { makeFolder } from '../../runtime/snapshot/make-folder.js';

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
  await makeFolder(dirname(file));
  await writeFile(`${file}.${pid}.tmp`, JSON.stringify({ host, httpPort, controlPort, pid }));
  await rename(`${file}.${pid}.tmp`, file);
}

/** Base URL of a running job's API. Throws TW8002 when no such job runs here, or its process was killed. */
export async function findJob(stateDir: string, job: string): Promise<string> {
  let died: number | undefined;
  try {
    const address = await readAddress(stateDir, job);
    if (isAlive(address.pid)) return `http://${address.host}:${address.httpPort}`;
    died = address.pid;
  } catch {
    // No such file: nothing of that name was started here.
  }
  const others = (await runningJobs(stateDir)).map((found) => found.job);
  const known = others.length > 0 ? `Running here: ${others.join(', ')}` : `No job runs with its state in ${stateDir}`;
  const message =
    died === undefined ? `no job '${job}' runs here` : `job '${job}' no longer runs: its process ${died} is gone`;
  throw new TidewheelError('TW8002', message, { hint: `${known}; --state-dir names another folder` });
}

async function readAddress(stateDir: string, job: string): Promise<CoordinatorAddress> {
  return JSON.parse(await readFile(addressFile(stateDir, job), 'utf8'));
}

/** A process that was killed leaves its file behind. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Jobs whose coordinators live, by name. */
export async function runningJobs(stateDir: string): Promise<{ job: string; url: string }[]> {
  const files = await readdir(stateDir).catch(() => []);
  const jobs = files.filter((f) => f.endsWith(SUFFIX)).map((f) => f.slice(0, -SUFFIX.length));
  const found: { job: string; url: string }[] = [];
  for (const job of jobs.sort()) {
    const address = await readAddress(stateDir, job).catch(() => undefined);
    if (address && isAlive(address.pid)) found.push({ job, url: `http://${address.host}:${address.httpPort}` });
  }
  return found;
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
