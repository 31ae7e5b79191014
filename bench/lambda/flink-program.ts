/** Compiles and runs a program on Flink's DataStream API, once for each version of its source. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../../test/harness/provision/cache.js';
import { FLINK_VERSION, provisionFlink } from '../../test/harness/provision/flink.js';
import { runTool } from '../../test/harness/provision/run-tool.js';

const HEAP_MB = 1536;
/** Packages of the JDK that Flink reaches into. */
const OPENED = ['lang', 'util', 'net', 'time', 'nio', 'math', 'text', 'lang.reflect', 'util.concurrent'];

/** What the program prints. `source`: a Java file whose class has the file's name. Throws with what the JVM said. */
export async function runFlinkProgram(source: string, args: readonly string[]): Promise<string> {
  const jars = join((await provisionFlink()).dir, 'lib', '*');
  const digest = createHash('sha256')
    .update(await readFile(source))
    .digest('hex')
    .slice(0, 12);
  const name = basename(source, '.java');
  const compiled = await cached(`flink-${FLINK_VERSION}-${name}-${digest}`, async (dir) => {
    await mkdir(join(dir, 'classes'));
    await runTool('javac', ['-cp', jars, '-d', join(dir, 'classes'), source], { purpose: `compile ${name}` });
  });
  const { stdout } = await promisify(execFile)('java', [
    `-Xmx${HEAP_MB}m`,
    ...OPENED.map((opened) => `--add-opens=java.base/java.${opened}=ALL-UNNAMED`),
    ...['-Duser.timezone=UTC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
    ...['-cp', `${join(compiled.dir, 'classes')}:${jars}`, name, ...args],
  ]);
  return stdout;
}
