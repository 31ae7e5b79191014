/**
 * Builds @tensorflow/tfjs-node where its own install script can't download its library: TensorFlow comes out of PyPI's
 * `tensorflow-cpu` wheel, and the addon is compiled against it (6 s). Linux on x64; needs python3 with pip, make and a C++ compiler.
 *
 *     node dist/scripts/build-tfjs-node.js          builds it into the cache and says where
 *     node dist/scripts/build-tfjs-node.js --link   and links it into node_modules, so that every process finds it
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const TFJS_NODE = '4.22.0';
/** The TensorFlow whose C interface that release is written for. */
const TENSORFLOW = '2.15.1';

/** A step that takes longer has lost its registry. */
const STEP_MS = 300_000;

/** Takes the libraries and the headers of the C interface out of the wheel. */
const UNPACK = `
import os, sys, zipfile
wheel, deps = sys.argv[1:]
HEADERS = ("tensorflow/include/tensorflow/c/", "tensorflow/include/tsl/", "tensorflow/include/tensorflow/core/platform")
with zipfile.ZipFile(wheel) as z:
    for name in z.namelist():
        base = os.path.basename(name)
        if name.endswith("/"):
            continue
        if base in ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2"):
            path = f"{deps}/lib/{base}"
        elif name.startswith(HEADERS):
            path = f"{deps}/include/{name[len('tensorflow/include/'):]}"
        else:
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(z.read(name))
`;

const LINKS = [
  ['libtensorflow_cc.so.2', 'libtensorflow.so'],
  ['libtensorflow_cc.so.2', 'libtensorflow.so.2'],
  ['libtensorflow_framework.so.2', 'libtensorflow_framework.so'],
] as const;

/**
 * The folder of a tfjs-node that works; built when it is not there. Throws with the reason where that can't be done: another
 * platform, a tool that is missing, a registry that is away.
 */
export function buildTfjsNode(cache = join(homedir(), '.cache', 'tidewheel')): string {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`tfjs-node is built on Linux x64 only, not on ${process.platform} ${process.arch}`);
  }
  const folder = join(cache, `tfjs-node-${TFJS_NODE}-abi${process.versions.modules}`);
  const built = join(folder, 'node_modules', '@tensorflow', 'tfjs-node');
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return built;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private": true}\n');
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `@tensorflow/tfjs-node@${TFJS_NODE}`], folder);
  const wheels = join(folder, 'wheel');
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--python-version', '3.11'];
  run('python3', [...pip, '--platform', 'manylinux2014_x86_64', '-d', wheels, `tensorflow-cpu==${TENSORFLOW}`], folder);
  const wheel = join(wheels, readdirSync(wheels)[0]);
  const deps = join(built, 'deps');
  run('python3', ['-c', UNPACK, wheel, deps], folder);
  rmSync(wheels, { recursive: true });
  for (const [target, link] of LINKS) symlinkSync(target, join(deps, 'lib', link));
  const nodeGyp = { ...process.env, ...headers(), PATH: `${join(folder, 'node_modules', '.bin')}:${process.env.PATH}` };
  run('node-pre-gyp', ['install', '--build-from-source'], built, nodeGyp);
  writeFileSync(complete, '');
  return built;
}

/** The headers of this Node, where it was installed with them: else node-gyp downloads them. */
function headers(): Record<string, string> {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include', 'node', 'node.h')) ? { npm_config_nodedir: prefix } : {};
}

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): void {
  try {
    execFileSync(command, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
      timeout: STEP_MS,
    });
  } catch (error) {
    const { message, stderr } = error as Error & { stderr?: Buffer };
    throw new Error(`${command} failed: ${stderr?.toString().trim().split('\n').slice(-5).join('\n') || message}`, {
      cause: error,
    });
  }
}

function link(built: string): string {
  const place = resolve('node_modules', '@tensorflow', 'tfjs-node');
  rmSync(place, { recursive: true, force: true });
  symlinkSync(built, place);
  return place;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const built = buildTfjsNode();
  console.log(process.argv.includes('--link') ? `${link(built)} -> ${built}` : built);
}
