/**
 * Joins what the command line and a slot's thread load into few files, dist/bundle/: a process that loads hundreds of small modules
 * spends more time on finding them than on running them. Run by `npm run build`, after the compiler.
 *
 * Packages stay outside, but for the command line's parser, which is small and needed at each start.
 */
import { readFile, rm } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const OUT = resolve('dist/bundle');

/** yargs and what it is made of. */
const JOINED = new Set([
  ...['yargs', 'yargs-parser', 'y18n', 'cliui', 'string-width', 'strip-ansi', 'ansi-regex', 'wrap-ansi', 'ansi-styles'],
  ...['get-east-asian-width', 'emoji-regex', 'escalade', 'get-caller-file'],
]);

const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const packagesStayOutside: Plugin = {
  name: 'packages stay outside',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^[^./]/ }, ({ path }) => (JOINED.has(packageOf(path)) ? undefined : { path, external: true }));
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
  // Names stay: stack traces and profiles are read.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [packagesStayOutside, ownPlaces],
});
