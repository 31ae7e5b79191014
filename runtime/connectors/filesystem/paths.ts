/** Paths of the filesystem connector: files, folders and globs, on the local disk or a mounted volume. */
import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  /** Relative to the base folder where the file is below it: the same wherever the job runs. */
  readonly name: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** The absolute path of an option's text; `file://` URLs are welcome. */
export function absolutePath(text: string, baseDir: string): string {
  return text.startsWith('file:') ? fileURLToPath(text) : resolve(baseDir, text);
}

/**
 * All files of a path, sorted by name: the file itself, all files below a folder, or those that a glob matches (`*`, `?`,
 * `[a-z]`, `{a,b}`, and `**` for any number of folders). Names that begin with `.` or `_` are not looked at in folders and
 * globs, as half-written files are named so. Empty when there is nothing.
 */
export async function findFiles(text: string, baseDir: string): Promise<FoundFile[]> {
  const path = absolutePath(text, baseDir);
  const found: FoundFile[] = [];
  const add = async (file: string) => {
    const info = await stat(file).catch(() => undefined);
    if (!info?.isFile()) return;
    found.push({ path: file, name: nameOf(file, baseDir), bytes: info.size, modifiedMs: info.mtimeMs });
  };
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile()) await add(path);
  else if (info?.isDirectory()) for (const file of await walk(path)) await add(file);
  else if (isGlob(path)) {
    const matcher = globPattern(path);
    const fixed = path.split('/');
    const root = fixed.slice(0, fixed.findIndex(isGlob)).join('/') || '/';
    const deep = path.includes('**');
    const depth = fixed.length - root.split('/').length;
    for (const file of await walk(root, deep ? undefined : depth)) if (matcher.test(file)) await add(file);
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

export function isGlob(text: string): boolean {
  return /[*?[\]{}]/.test(text);
}

/** Name of a file in split ids and metadata. */
export function nameOf(path: string, baseDir: string): string {
  const below = relative(baseDir, path);
  return below.startsWith('..') || isAbsolute(below) ? path : below;
}

async function walk(folder: string, depth = Number.POSITIVE_INFINITY): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name.startsWith('_')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth > 1) files.push(...(await walk(path, depth - 1)));
    } else files.push(path);
  }
  return files;
}

/** A glob over whole paths as a regular expression. */
export function globPattern(glob: string): RegExp {
  let out = '';
  let groups = 0;
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i];
    if (c === '*') {
      if (glob[i + 1] === '*') {
        i++;
        if (glob[i + 1] === '/') {
          i++;
          out += '(?:[^/]+/)*';
        } else out += '.*';
      } else out += '[^/]*';
    } else if (c === '?') out += '[^/]';
    else if (c === '[') {
      const close = glob.indexOf(']', i + 2);
      if (close < 0) out += '\\[';
      else {
        const set = glob.slice(i + 1, close).replace(/\\/g, '\\\\');
        out += `[${set.startsWith('!') ? `^${set.slice(1)}` : set}]`;
        i = close;
      }
    } else if (c === '{') {
      out += '(?:';
      groups++;
    } else if (c === '}' && groups > 0) {
      out += ')';
      groups--;
    } else if (c === ',' && groups > 0) out += '|';
    else out += c.replace(/[.+^$()|\\/{}\]]/g, '\\$&');
  }
  return new RegExp(`^${out}$`);
}
