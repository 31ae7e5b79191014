/** Reads a YAML (or JSON) job file, and knows where its fields stand. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parseAllDocuments,
  type Scalar,
} from 'yaml';
import { type ErrorMessage, type Path, TidewheelError, type Where } from '../../api/index.js';
import { InvalidJobError } from './invalid-job.js';
import type { Places } from './places.js';
import { offsetInScalar, type ScalarStyle } from './scalar-position.js';

export interface YamlResource {
  readonly value: any;
  readonly places: Places;
}

/** All documents of a file that are not empty. Throws an InvalidJobError with all syntax errors. */
export function readYaml(file: string, text: string): YamlResource[] {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const documents = Array.isArray(parsed) ? parsed : [];
  const problems: ErrorMessage[] = [];
  for (const document of documents) {
    for (const error of document.errors) {
      const at = lines.linePos(error.pos[0]);
      problems.push({
        code: 'TW1002',
        message: error.message.replace(/\.$/, ''),
        where: { file, line: at.line, column: at.col },
        retryable: false,
      });
    }
  }
  if (problems.length > 0) throw new InvalidJobError(file, problems);
  const resources: YamlResource[] = [];
  for (const document of documents) {
    const places = new YamlPlaces(file, text, document as Document, lines);
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch (cause) {
      throw new TidewheelError('TW1002', `the document can't be expanded: ${(cause as Error).message}`, {
        where: { file },
        cause,
      });
    }
    if (value !== null && value !== undefined) resources.push({ value, places });
  }
  return resources;
}

class YamlPlaces implements Places {
  constructor(
    readonly file: string,
    private readonly text: string,
    private readonly document: Document,
    private readonly lines: LineCounter,
  ) {}

  of(path: Path, atKey = false): Where {
    let node: any = this.document.contents;
    let at: number = start(node) ?? 0;
    for (let depth = 0; depth < path.length; depth++) {
      if (isAlias(node)) node = node.resolve(this.document);
      const part = path[depth];
      if (isMap(node)) {
        const pair = node.items.find((item) => isPair(item) && keyText(item.key) === String(part));
        if (!pair) break;
        const key = start(pair.key);
        const value = start(pair.value);
        const last = depth === path.length - 1;
        at = (last && atKey ? key : (value ?? key)) ?? at;
        node = pair.value;
      } else if (isCollection(node)) {
        const item = node.items[Number(part)];
        if (item === undefined) break;
        node = item;
        at = start(node) ?? at;
      } else {
        break;
      }
    }
    return this.where(at);
  }

  inside(path: Path, index: number): Where {
    const node = this.scalar(path);
    if (!node?.range || typeof node.value !== 'string') return this.of(path);
    const style = (node.type ?? 'PLAIN') as ScalarStyle;
    return this.where(offsetInScalar(this.text, style, node.range[0], node.range[1], node.value, index));
  }

  private scalar(path: Path): Scalar | undefined {
    let node: any = this.document.getIn(path, true);
    if (isAlias(node)) node = node.resolve(this.document);
    return isScalar(node) ? node : undefined;
  }

  private where(offset: number): Where {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, line, column: col };
  }
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function start(node: unknown): number | undefined {
  return (node as { range?: [number, number, number] | null } | null)?.range?.[0];
}
