/**
 * Joins what the command line and a slot's thread load into few files, dist/bundle/: a process that loads hundreds of small modules
 * spends more time on finding them than on running them. Run by `npm run build`, after the compiler.
 *
 * Packages stay outside, but for those that each start of a command or pod needs: the command line's parser, the client of object stores
 * (loaded file by file, it takes a fifth of a second and 33 MB), and what reads a kubeconfig (most of a second and 75 MB, as the package
 * has a class for each kind of object).
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const OUT = resolve('dist/bundle');

/** With all that they are made of. */
const JOINED = new Set([...['yargs', 'minio', '@kubernetes/client-node', 'prom-client', 'yaml', 'croner', 'kafkajs']]);
/** Of these, modules that nothing is taken from may be left out. */
const PURE = '@kubernetes/client-node';

/**
 * What the client of object stores loads at once: a table of 136 kB with the content types of file names (it takes 7 MB; the client never
 * reads or writes a file for us), a reader and writer of XML of which it wants the writer, when objects are deleted, all of lodash (145 kB) for the few functions
 * of it that the client's code names, and, by way of a package, streams as npm has them for those that have none.
 */
const CLIENT = '/node_modules/minio/';
const WITHOUT_TYPES = 'mime-types';
const WRITER = 'xml2js';
const IN_PARTS = 'lodash';
const STREAMS = 'readable-stream';

const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Marks a question that was asked by ourselves. */
const FOUND = 'found';

const packagesStayOutside: Plugin = {
  name: 'packages stay outside',
  setup: ({ onResolve, resolve: find }) => {
    onResolve({ filter: /^[^./]/ }, async ({ path, importer, pluginData, ...from }) => {
      if (pluginData === FOUND) return undefined;
      const isJoined = JOINED.has(packageOf(path)) || importer.includes('/node_modules/');
      if (!isJoined || isBuiltin(path)) return { path, external: true };
      if (packageOf(path) !== PURE) return undefined;
      return { ...(await find(path, { importer, ...from, pluginData: FOUND })), sideEffects: false };
    });
    onResolve({ filter: /^\./ }, async ({ path, importer, pluginData, ...from }) => {
      if (pluginData === FOUND || !importer.includes(`/node_modules/${PURE}/`)) return undefined;
      return { ...(await find(path, { importer, ...from, pluginData: FOUND })), sideEffects: false };
    });
  },
};

/** Members of the package's one name that the client's code mentions. */
async function namesOf(specifier: string, root: string): Promise<string[]> {
  const folder = join(root, CLIENT, 'dist/esm');
  const names = new Set<string>();
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith('.mjs')) continue;
    const text = await readFile(join(folder, file), 'utf8');
    const local = new RegExp(`import (?:\\* as )?(\\w+) from ['"]${specifier}['"]`).exec(text)?.[1];
    if (local === undefined) continue;
    for (const [, name] of text.matchAll(new RegExp(`(?<![\\w.$])${local}\\.(\\w+)`, 'g'))) names.add(name);
  }
  if (names.size === 0) throw new Error(`${folder} takes nothing of ${specifier}, or takes it in another way`);
  return [...names].sort();
}

async function namedParts(root: string): Promise<string> {
  const names = await namesOf(IN_PARTS, root);
  const folder = join(root, 'node_modules', IN_PARTS);
  return [
    ...names.map((name) => `import ${name} from ${JSON.stringify(join(folder, `${name}.js`))};`),
    `export default { ${names.join(', ')} };`,
    `export { ${names.join(', ')} };`,
  ].join('\n');
}

/** The client makes a writer as it is loaded; what a writer consists of is looked for when it writes. */
async function lateWriter(root: string): Promise<string> {
  const names = await namesOf(WRITER, root);
  if (names.join() !== 'Builder') throw new Error(`the client takes of ${WRITER} not only Builder: ${names.join()}`);
  const file = join(root, 'node_modules', WRITER, 'lib/builder.js');
  return `export default {
    Builder: class {
      constructor(options) { this.options = options; }
      buildObject(value) {
        const { Builder } = require(${JSON.stringify(file)});
        return new Builder(this.options).buildObject(value);
      }
    },
  };`;
}

const clientLoadsLess: Plugin = {
  name: 'the client of object stores loads less',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: new RegExp(`^(${WITHOUT_TYPES}|${WRITER}|${IN_PARTS})$`) }, ({ path, importer, resolveDir }) =>
      importer.includes(CLIENT) ? { path, namespace: CLIENT, pluginData: resolveDir } : undefined,
    );
    onResolve({ filter: new RegExp(`^${STREAMS}$`) }, () => ({ path: 'node:stream', external: true }));
    onLoad({ filter: /./, namespace: CLIENT }, async ({ path, pluginData }) => {
      const root = pluginData.split(CLIENT)[0];
      const contents =
        path === WITHOUT_TYPES
          ? 'export const lookup = () => false;'
          : path === IN_PARTS
            ? await namedParts(root)
            : await lateWriter(root);
      return { contents, resolveDir: pluginData };
    });
  },
};

/** A module finds the files that belong to it beside the place where it was compiled to. */
const ownPlaces: Plugin = {
  name: 'own places',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.m?js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!text.includes('import.meta.url') || path.endsWith('/boot/bundle.js')) return { contents: text };
      const place = relative(OUT, path).split('\\').join('/');
      const url = `new URL(${JSON.stringify(place)}, import.meta.url).href`;
      return { contents: text.replaceAll('import.meta.url', url), resolveDir: dirname(path) };
    });
  },
};

await rm(OUT, { recursive: true, force: true });
await build({
  entryPoints: { main: 'dist/cli/main.js', 'slot-thread': 'dist/runtime/worker/slot-thread.js' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  outdir: OUT,
  chunkNames: 'part-[hash]',
  // Of packages that are no ES modules.
  banner: {
    js: "import { createRequire as requireOfModule } from 'node:module'; const require = requireOfModule(import.meta.url);",
  },
  // Names stay: stack traces and profiles are read.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [clientLoadsLess, packagesStayOutside, ownPlaces],
});
