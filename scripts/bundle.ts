/**
 * Joins what the command line and a slot's thread load into few files, dist/bundle/: a process that loads hundreds of small modules
 * spends more time on finding them than on running them. Run by `npm run build`, after the compiler.
 *
 * Packages stay outside, but for those that each start of a command or pod needs: the command line's parser, the client of object stores
 * (loaded file by file, it takes a fifth of a second and 33 MB), and what reads a kubeconfig (most of a second and 75 MB, as the package
 * has a class for each kind of object).
 */
import { readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const OUT = resolve('dist/bundle');

/** With all that they are made of. */
const JOINED = new Set([...['yargs', 'minio', '@kubernetes/client-node', 'prom-client', 'yaml', 'croner', 'kafkajs']]);
/** Of these, modules that nothing is taken from may be left out. */
const PURE = '@kubernetes/client-node';

/**
 * What the client of object stores loads at once: a table of 136 kB with the content types of file names (it takes 7 MB; the client never
 * reads or writes a file for us), and a writer of XML that is asked for when objects are deleted.
 */
const CLIENT = '/node_modules/minio/';
const WITHOUT_TYPES = 'mime-types';
const LATE = 'xml2js';

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

const clientLoadsLess: Plugin = {
  name: 'the client of object stores loads less',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: new RegExp(`^(${WITHOUT_TYPES}|${LATE})$`) }, ({ path, importer, resolveDir }) =>
      importer.includes(CLIENT) ? { path, namespace: CLIENT, pluginData: resolveDir } : undefined,
    );
    onLoad({ filter: /./, namespace: CLIENT }, ({ path, pluginData }) => ({
      resolveDir: pluginData,
      contents:
        path === WITHOUT_TYPES
          ? 'export const lookup = () => false;'
          : `export default new Proxy({}, { get: (_, name) => require('${path}')[name] });`,
    }));
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
