/** `tidewheel model push|list|show|diff|promote|serve|backends`: versions of models in a store. */
import type { Argv, CommandModule } from 'yargs';
import { TidewheelError } from '../../api/index.js';
import { MODEL_FORMATS, type ModelFormat, type PushOptions } from '../../runtime/model/index.js';
import { openRegistry, readModel, type StoreArgs, storeOptions } from '../models/model-store.js';

interface PushArgs extends StoreArgs {
  file: string;
  name: string;
  'as-version'?: string;
  format?: ModelFormat;
  golden?: string;
  tolerance?: number;
  label: string[];
  promote: boolean;
  json: boolean;
}

const push: CommandModule<object, PushArgs> = {
  command: 'push <file>',
  describe: 'Check a model and write it to the store as a version that never changes',
  builder: (y) =>
    storeOptions(y)
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'Model: a file, or the folder of a tfjs model or SavedModel',
      })
      .option('name', { type: 'string', demandOption: true, describe: 'Name of the model' })
      .option('as-version', { type: 'string', describe: 'Name of the version; default: the next number' })
      .option('format', { choices: MODEL_FORMATS, describe: 'Default: found out from the content' })
      .option('golden', { type: 'string', describe: 'JSON lines {"inputs": {…}, "outputs": {…}} that it must answer' })
      .option('tolerance', { type: 'number', describe: 'How far answers to golden rows may be off (default 1e-4)' })
      .option('label', { type: 'string', array: true, default: [], describe: 'key=value kept with the version' })
      .option('promote', { type: 'boolean', default: false, describe: 'Point streams and servers at it' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the manifest as JSON' })
      .epilogue('Exit codes: 0 pushed, 1 refused: the message names the layer, operation or golden row.') as never,
  handler: async (args) => {
    const { parseGolden } = await import('../../runtime/model/index.js');
    const { readFile } = await import('node:fs/promises');
    const golden =
      args.golden === undefined ? undefined : parseGolden(await readFile(args.golden, 'utf8'), args.golden);
    const registry = await openRegistry(args);
    const options: PushOptions = {
      format: args.format,
      version: args['as-version'],
      golden,
      tolerance: args.tolerance,
      ...(args.label.length > 0 ? { labels: labelsOf(args.label) } : {}),
    };
    const manifest = await registry.push(args.name, await readModel(args.file), options);
    if (args.promote) await registry.promote(args.name, manifest.version);
    const { describeVersion } = await import('../models/show-version.js');
    const promoted = (await registry.promoted(args.name))?.version;
    console.log(args.json ? JSON.stringify(manifest, undefined, 2) : describeVersion(manifest, promoted));
  },
};

function labelsOf(written: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    written.map((label) => {
      const at = label.indexOf('=');
      if (at <= 0) throw new TidewheelError('TW8001', `--label ${label}: write key=value`);
      return [label.slice(0, at), label.slice(at + 1)];
    }),
  );
}

const list: CommandModule<object, StoreArgs & { name?: string; json: boolean }> = {
  command: 'list [name]',
  describe: 'Models of the store, or versions of one',
  builder: (y) =>
    storeOptions(y)
      .positional('name', { type: 'string', describe: 'Name of a model' })
      .option('json', { type: 'boolean', default: false, describe: 'Print JSON' }) as never,
  handler: async (args) => {
    const registry = await openRegistry(args);
    const { textTable } = await import('../models/show-version.js');
    const names = args.name === undefined ? await registry.names() : [args.name];
    const found = await Promise.all(
      names.map(async (name) => ({
        name,
        promoted: (await registry.promoted(name))?.version,
        versions: await registry.list(name),
      })),
    );
    if (args.name !== undefined && found[0].versions.length === 0) {
      throw new TidewheelError('TW7301', `there is no model '${args.name}' in this store`);
    }
    if (args.json) {
      console.log(JSON.stringify(found, undefined, 2));
      return;
    }
    if (args.name === undefined) {
      const rows = found.map(({ name, promoted, versions }) => [
        name,
        String(versions.length),
        versions.at(-1)?.version ?? '',
        promoted ?? '',
      ]);
      console.log(textTable(['MODEL', 'VERSIONS', 'LATEST', 'PROMOTED'], rows));
      return;
    }
    const [{ promoted, versions }] = found;
    const rows = versions.map((v) => [
      v.version,
      v.format,
      String(v.files.reduce((sum, file) => sum + file.bytes, 0)),
      v.golden ? String(v.golden.rows) : '-',
      v.pushedAt,
      v.version === promoted ? 'promoted' : '',
    ]);
    console.log(textTable(['VERSION', 'FORMAT', 'BYTES', 'GOLDEN', 'PUSHED', ''], rows));
  },
};

const show: CommandModule<object, StoreArgs & { name: string; modelVersion?: string; json: boolean }> = {
  command: 'show <name> [modelVersion]',
  describe: 'Signature, files and checksums of a version',
  builder: (y) =>
    storeOptions(y)
      .positional('name', { type: 'string', demandOption: true, describe: 'Name of the model' })
      .positional('modelVersion', { type: 'string', describe: 'Default: the promoted one, else the latest' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the manifest' }) as never,
  handler: async (args) => {
    const registry = await openRegistry(args);
    const promoted = (await registry.promoted(args.name))?.version;
    const version = args.modelVersion ?? promoted ?? (await registry.list(args.name)).at(-1)?.version ?? '1';
    const manifest = await registry.manifest(args.name, String(version));
    const quality = await registry.quality(args.name, String(version));
    const { describeQuality, describeVersion } = await import('../models/show-version.js');
    console.log(
      args.json
        ? JSON.stringify({ ...manifest, ...(quality.length > 0 ? { quality } : {}) }, undefined, 2)
        : [describeVersion(manifest, promoted), ...quality.map(describeQuality)].join('\n'),
    );
  },
};

const diff: CommandModule<object, StoreArgs & { name: string; a: string; b: string; json: boolean }> = {
  command: 'diff <name> <a> <b>',
  describe: 'What differs between two versions, and how their answers to the golden rows do',
  builder: (y) =>
    storeOptions(y)
      .positional('name', { type: 'string', demandOption: true, describe: 'Name of the model' })
      .positional('a', { type: 'string', demandOption: true, describe: 'The older version' })
      .positional('b', { type: 'string', demandOption: true, describe: 'The newer version' })
      .option('json', { type: 'boolean', default: false, describe: 'Print JSON' }) as never,
  handler: async (args) => {
    const registry = await openRegistry(args);
    const { answerDifferences, differences } = await import('../models/diff-versions.js');
    const [a, b] = [String(args.a), String(args.b)];
    const facts = differences(await registry.manifest(args.name, a), await registry.manifest(args.name, b));
    const answers = await answerDifferences(registry, args.name, a, b);
    if (args.json) {
      console.log(JSON.stringify({ facts, answers }, undefined, 2));
      return;
    }
    const { textTable } = await import('../models/show-version.js');
    console.log(
      facts.length === 0
        ? 'the same'
        : textTable(
            ['', a, b],
            facts.map((fact) => [fact.what, fact.a, fact.b]),
          ),
    );
    for (const { output, rows, different, largest } of answers) {
      console.log(
        `golden rows, output '${output}': ${different} of ${rows} differ, at most by ${largest.toPrecision(3)}`,
      );
    }
  },
};

const promote: CommandModule<object, StoreArgs & { name: string; modelVersion: string; json: boolean }> = {
  command: 'promote <name> <modelVersion>',
  describe: 'Point streams and servers at a version',
  builder: (y) =>
    storeOptions(y)
      .positional('name', { type: 'string', demandOption: true, describe: 'Name of the model' })
      .positional('modelVersion', { type: 'string', demandOption: true, describe: 'Version to use from now on' })
      .option('json', { type: 'boolean', default: false, describe: 'Print JSON' }) as never,
  handler: async (args) => {
    const promotion = await (await openRegistry(args)).promote(args.name, String(args.modelVersion));
    const before = promotion.previous === undefined ? '' : ` (before: ${promotion.previous})`;
    console.log(
      args.json ? JSON.stringify(promotion) : `${args.name}: version ${promotion.version} is promoted${before}`,
    );
  },
};

const backends: CommandModule<object, { json: boolean }> = {
  command: 'backends',
  describe: 'Which libraries that run models work on this machine',
  builder: (y) => y.option('json', { type: 'boolean', default: false, describe: 'Print JSON' }) as never,
  handler: async (args) => {
    const { probeBackends } = await import('../../runtime/model/index.js');
    const states = await probeBackends();
    const { textTable } = await import('../models/show-version.js');
    const rows = states.map(({ backend, available, reason }) => [backend, available ? 'yes' : 'no', reason ?? '']);
    console.log(args.json ? JSON.stringify(states) : textTable(['BACKEND', 'WORKS', ''], rows));
  },
};

export const command: CommandModule<object, object> = {
  command: 'model <command>',
  describe: 'Versions of models: push, list, show, diff, promote, serve',
  builder: async (y: Argv) => {
    const { serve } = await import('./model-serve.js');
    return y
      .command(push)
      .command(list)
      .command(show)
      .command(diff)
      .command(promote)
      .command(serve)
      .command(backends)
      .demandCommand(1, 'Which command about models?') as never;
  },
  handler: () => {},
};
