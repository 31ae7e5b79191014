/** A job from files to files, with its state in a folder: a coordinator and runners that a test kills, and rows that it counts. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Supervisor } from '../../../cli/local/supervisor.js';

const COMMIT_MS = 90_000;
const ANSWER_MS = 60_000;

export class FileJob {
  private running: Supervisor | undefined;

  private constructor(
    readonly name: string,
    readonly folder: string,
  ) {}

  /** `manifest`: of the job of that name, which reads and writes folders within the one that it is told. */
  static async create(name: string, manifest: (folder: string) => string): Promise<FileJob> {
    const folder = await mkdtemp(join(tmpdir(), `tidewheel-${name}-`));
    await writeFile(join(folder, 'job.yaml'), manifest(folder));
    return new FileJob(name, folder);
  }

  async start(restoreFrom?: string): Promise<void> {
    this.running = new Supervisor({
      file: join(this.folder, 'job.yaml'),
      name: this.name,
      runners: 2,
      stateDir: join(this.folder, 'state'),
      logLevel: process.env.TIDEWHEEL_TEST_LOG ?? 'silent',
      env: process.env,
      ...(restoreFrom === undefined ? {} : { restoreFrom }),
    });
    await this.running.start();
  }

  kill(process: 'coordinator' | 'runner-0' | 'runner-1'): void {
    this.running!.kill(process);
  }

  async stop(): Promise<void> {
    await this.running?.stop();
    this.running = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Asks the coordinator, which may just be starting again. */
  async ask(path: string, body: object): Promise<any> {
    const deadline = Date.now() + ANSWER_MS;
    for (;;) {
      try {
        const response = await fetch((await this.running!.api()) + path, {
          method: 'POST',
          body: JSON.stringify(body),
        });
        const answer = (await response.json()) as any;
        if (!response.ok) throw new Error(answer.message);
        return answer;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Rows come into the folder `into`, all at once. */
  async write(into: string, file: string, rows: readonly object[]): Promise<void> {
    await mkdir(join(this.folder, into), { recursive: true });
    await writeFile(join(this.folder, 'next'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await rename(join(this.folder, 'next'), join(this.folder, into, file));
  }

  /** Rows that have been committed to the folder so far. */
  async written(to: string): Promise<any[]> {
    const at = join(this.folder, to);
    const names = (await readdir(at).catch(() => [])).filter((name) => !name.startsWith('.') && !name.startsWith('_'));
    const texts = await Promise.all(names.map((name) => readFile(join(at, name), 'utf8')));
    return texts.flatMap((text) => text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)])));
  }

  /** Waits until that many rows are committed to the folder. */
  async committed(to: string, rows: number): Promise<void> {
    const deadline = Date.now() + COMMIT_MS;
    for (;;) {
      const found = (await this.written(to)).length;
      if (found >= rows) return;
      if (Date.now() > deadline) throw new Error(`${found} rows of ${rows} are committed to '${to}'`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
