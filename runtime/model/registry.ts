/** Versions of models as objects of a store; README.md has the layout. */
import { createHash } from 'node:crypto';
import { TidewheelError } from '../../api/errors.js';
import { ObjectExistsError, ObjectMissingError, type ObjectStore } from '../snapshot/store.js';
import type {
  GoldenRow,
  LoadedModel,
  ModelFiles,
  ModelRegistry,
  OpenOptions,
  Promotion,
  PushOptions,
  QualityReport,
  VersionManifest,
} from './contract.js';
import { checkGolden, DEFAULT_TOLERANCE, formatGolden, parseGolden } from './golden.js';
import { openModel } from './open-model.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export function createRegistry(store: ObjectStore, now: () => Date = () => new Date()): ModelRegistry {
  return new StoreRegistry(store, now);
}

class StoreRegistry implements ModelRegistry {
  constructor(
    private readonly store: ObjectStore,
    private readonly now: () => Date,
  ) {}

  async push(name: string, files: ModelFiles, options: PushOptions = {}): Promise<VersionManifest> {
    requireName('model', name);
    if (options.version !== undefined) requireName('version', options.version);
    for (const file of files.keys()) {
      if (!/^[^/\\\0][^\\\0]*$/.test(file) || file.split('/').some((part) => part === '..' || part === '')) {
        throw new TidewheelError('TW7306', `'${file}' is no name of a file of a model`);
      }
    }
    const tolerance = options.tolerance ?? DEFAULT_TOLERANCE;
    const model = await openModel(files, { format: options.format });
    const { format, signature } = model;
    try {
      await checkGolden(model, options.golden ?? [], tolerance);
    } finally {
      await model.close();
    }
    const entries = [...files].map(([file, bytes]) => ({ name: file, bytes: bytes.length, sha256: sha256(bytes) }));
    const version = await this.claim(name, options.version);
    const base = versionFolder(name, version);
    for (const [file, bytes] of files) await this.store.put(`${base}files/${file}`, asBuffer(bytes));
    let golden: VersionManifest['golden'];
    if (options.golden && options.golden.length > 0) {
      const bytes = Buffer.from(formatGolden(options.golden));
      await this.store.put(`${base}golden.jsonl`, bytes);
      golden = { rows: options.golden.length, sha256: sha256(bytes), tolerance };
    }
    const manifest: VersionManifest = {
      kind: 'tidewheel-model',
      manifestVersion: 1,
      name,
      version,
      format,
      signature,
      files: entries,
      digest: sha256(
        Buffer.from(
          entries
            .map((e) => `${e.sha256}  ${e.name}\n`)
            .sort()
            .join(''),
        ),
      ),
      ...(golden ? { golden } : {}),
      pushedAt: this.now().toISOString(),
      ...(options.labels ? { labels: options.labels } : {}),
    };
    await this.store.put(`${base}manifest.json`, jsonBytes(manifest), { ifAbsent: true });
    return manifest;
  }

  /** Takes a version for good. A push that dies after this leaves a number unused, never a version half written. */
  private async claim(name: string, wanted: string | undefined): Promise<string> {
    for (;;) {
      const version = wanted ?? (await this.nextNumber(name));
      try {
        const claim = jsonBytes({ claimedAt: this.now().toISOString() });
        await this.store.put(`${versionFolder(name, version)}claim.json`, claim, { ifAbsent: true });
        return version;
      } catch (error) {
        if (!(error instanceof ObjectExistsError)) throw error;
        // Somebody else took the number meanwhile: the next one.
        if (wanted !== undefined)
          throw new TidewheelError('TW7303', `model '${name}' has a version '${wanted}' already`);
      }
    }
  }

  private async nextNumber(name: string): Promise<string> {
    let highest = 0;
    for (const key of await this.store.list(`models/${name}/versions/`)) {
      const number = Number(key.split('/')[3]);
      if (Number.isInteger(number) && number > highest) highest = number;
    }
    return String(highest + 1);
  }

  async names(): Promise<string[]> {
    const names = new Set<string>();
    for (const key of await this.store.list('models/')) {
      if (key.endsWith('/manifest.json')) names.add(key.split('/')[1]);
    }
    return [...names];
  }

  async list(name: string): Promise<VersionManifest[]> {
    requireName('model', name);
    const keys = await this.store.list(`models/${name}/versions/`);
    const complete = keys.filter((key) => key.split('/').length === 5 && key.endsWith('/manifest.json'));
    const manifests = await Promise.all(complete.map((key) => this.manifest(name, key.split('/')[3])));
    return manifests.sort((a, b) => a.pushedAt.localeCompare(b.pushedAt) || compareVersions(a.version, b.version));
  }

  async manifest(name: string, version: string): Promise<VersionManifest> {
    requireName('model', name);
    requireName('version', version);
    let bytes: Buffer;
    try {
      bytes = await this.store.get(`${versionFolder(name, version)}manifest.json`);
    } catch (error) {
      if (!(error instanceof ObjectMissingError)) throw error;
      throw await this.missing(name, version);
    }
    const manifest = parse(bytes) as VersionManifest | undefined;
    if (manifest?.kind !== 'tidewheel-model' || manifest.name !== name || manifest.version !== version) {
      throw new TidewheelError('TW7304', `the manifest of ${name}/${version} in ${this.store.description} is damaged`);
    }
    return manifest;
  }

  private async missing(name: string, version: string): Promise<TidewheelError> {
    const keys = await this.store.list(`models/${name}/versions/`);
    const versions = keys.filter((key) => key.endsWith('/manifest.json')).map((key) => key.split('/')[3]);
    if (versions.length === 0) {
      return new TidewheelError('TW7301', `there is no model '${name}' in ${this.store.description}`);
    }
    const shown = versions.sort(compareVersions).slice(-5).join(', ');
    return new TidewheelError('TW7302', `model '${name}' has no version '${version}'; its latest are ${shown}`);
  }

  async files(name: string, version: string): Promise<ModelFiles> {
    const manifest = await this.manifest(name, version);
    const base = versionFolder(name, version);
    const files = new Map<string, Uint8Array>();
    for (const entry of manifest.files) {
      files.set(entry.name, await this.checked(`${base}files/${entry.name}`, entry.sha256));
    }
    return files;
  }

  async golden(name: string, version: string): Promise<readonly GoldenRow[]> {
    const { golden } = await this.manifest(name, version);
    if (!golden) return [];
    const bytes = await this.checked(`${versionFolder(name, version)}golden.jsonl`, golden.sha256);
    return parseGolden(bytes.toString('utf8'));
  }

  private async checked(key: string, expected: string): Promise<Buffer> {
    let bytes: Buffer;
    try {
      bytes = await this.store.get(key);
    } catch (error) {
      if (!(error instanceof ObjectMissingError)) throw error;
      throw new TidewheelError('TW7304', `${key} is missing in ${this.store.description}`, { cause: error });
    }
    const seen = sha256(bytes);
    if (seen !== expected) {
      throw new TidewheelError('TW7304', `${key} in ${this.store.description} has SHA-256 ${seen}, not ${expected}`);
    }
    return bytes;
  }

  async open(
    name: string,
    version: string,
    options: OpenOptions & { readonly golden?: boolean } = {},
  ): Promise<LoadedModel> {
    const manifest = await this.manifest(name, version);
    const files = await this.files(name, version);
    const model = await openModel(files, { ...options, format: manifest.format });
    if (options.golden === false || !manifest.golden) return model;
    try {
      await checkGolden(model, await this.golden(name, version), manifest.golden.tolerance);
      return model;
    } catch (error) {
      await model.close();
      throw error;
    }
  }

  async promoted(name: string): Promise<Promotion | undefined> {
    requireName('model', name);
    try {
      const promotion = parse(await this.store.get(promotionKey(name))) as Promotion | undefined;
      if (typeof promotion?.version !== 'string') {
        throw new TidewheelError('TW7304', `${promotionKey(name)} in ${this.store.description} is damaged`);
      }
      return promotion;
    } catch (error) {
      if (error instanceof ObjectMissingError) return undefined;
      throw error;
    }
  }

  async latest(name: string): Promise<string | undefined> {
    requireName('model', name);
    const keys = await this.store.list(`models/${name}/versions/`);
    const versions = keys
      .filter((key) => key.split('/').length === 5 && key.endsWith('/manifest.json'))
      .map((key) => key.split('/')[3])
      .sort(compareVersions);
    const isNamed = Number.isNaN(Number(versions.at(-1) ?? 0));
    return isNamed ? (await this.list(name)).at(-1)?.version : versions.at(-1);
  }

  async quality(name: string, version: string): Promise<QualityReport[]> {
    requireName('model', name);
    requireName('version', version);
    const keys = await this.store.list(qualityFolder(name, version));
    const reports = await Promise.all(keys.map(async (key) => parse(await this.store.get(key)) as QualityReport));
    return reports.filter((report) => report?.kind === 'tidewheel-quality' && report.version === version);
  }

  async reportQuality(report: QualityReport): Promise<void> {
    requireName('model', report.model);
    requireName('version', report.version);
    const source = report.source.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, 200);
    await this.store.put(`${qualityFolder(report.model, report.version)}${source}.json`, jsonBytes(report));
  }

  async promote(name: string, version: string): Promise<Promotion> {
    await this.manifest(name, version);
    const before = await this.promoted(name);
    if (before?.version === version) return before;
    const promotion: Promotion = {
      name,
      version,
      promotedAt: this.now().toISOString(),
      ...(before ? { previous: before.version } : {}),
    };
    await this.store.put(promotionKey(name), jsonBytes(promotion));
    return promotion;
  }
}

/** Whole numbers by size, and before others; those by their letters. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) || Number.isNaN(y))
    return Number.isNaN(x) === Number.isNaN(y) ? a.localeCompare(b) : Number.isNaN(x) ? 1 : -1;
  return x - y;
}

function versionFolder(name: string, version: string): string {
  return `models/${name}/versions/${version}/`;
}

function qualityFolder(name: string, version: string): string {
  return `models/${name}/quality/${version}/`;
}

function promotionKey(name: string): string {
  return `models/${name}/promoted.json`;
}

function requireName(kind: string, name: string): void {
  if (!NAME.test(name)) throw new TidewheelError('TW7306', `'${name}' is no name of a ${kind}`);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
