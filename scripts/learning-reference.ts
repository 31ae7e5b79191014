/**
 * docs/reference/learning.md: every learner, transform, metric and detector with its parameters, read from the comments of
 * runtime/learn: what a class says of itself, and what its parameters' interface says of each.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOG } from '../runtime/learn/index.js';

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
  readonly optional: boolean;
}

interface Described {
  readonly doc: string;
  readonly parameters: readonly Parameter[];
}

const ROOT = join('runtime', 'learn');

function sources(folder = join(process.cwd(), ROOT)): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') ? [readFileSync(path, 'utf8')] : [];
  });
}

/** A comment's text on one line. */
function plain(comment: string | undefined): string {
  if (!comment) return '';
  return comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, '').trim())
    .join(' ')
    .replace(/\{@link (\w+)\}/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Members of an interface's or object type's body: comment, name, type. */
function parameters(body: string): Parameter[] {
  const found: Parameter[] = [];
  const member = /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)?\s*(?:readonly )?(\w+)(\??):\s*((?:[^;{}]|\{[^}]*\})+);?/g;
  for (const [, comment, name, optional, type] of body.matchAll(member)) {
    found.push({ name, type: type.replace(/\s+/g, ' ').trim(), doc: plain(comment), optional: optional === '?' });
  }
  return found;
}

function describe(): (type: string) => Described {
  const all = sources();
  const interfaces = new Map<string, { parents: string[]; own: Parameter[] }>();
  const interfacePattern = /export interface (\w+)(?: extends ([\w, ]+))? \{\n([\s\S]*?)\n\}/g;
  for (const text of all) {
    for (const [, name, parents, body] of text.matchAll(interfacePattern)) {
      interfaces.set(name, { parents: parents?.split(', ') ?? [], own: parameters(body) });
    }
  }
  const ofInterface = (name: string): Parameter[] => {
    const found = interfaces.get(name);
    return found ? [...found.own, ...found.parents.flatMap(ofInterface)] : [];
  };
  return (type) => {
    const text = all.find((source) => new RegExp(`export class ${type}\\b`).test(source));
    if (!text) throw new Error(`there is no class ${type} in ${ROOT}`);
    const at = text.search(new RegExp(`export class ${type}\\b`));
    const before = text.slice(0, at);
    const comment = before.slice(before.lastIndexOf('/**'));
    const body = text.slice(at).split(/\nexport class /)[0];
    const taken = /constructor\(params: (?:(\w+)|\{([^}]*)\})/.exec(body);
    const inherited = interfaces.has(`${type}Params`) ? `${type}Params` : undefined;
    const name = taken?.[1] ?? (taken ? undefined : inherited);
    return {
      doc: plain(comment.trim()),
      parameters: name ? ofInterface(name) : taken?.[2] ? parameters(taken[2].replaceAll(',', ';')) : [],
    };
  };
}

const GROUPS: readonly (readonly [title: string, names: readonly string[]])[] = [
  ['Learners', CATALOG.learners],
  ['Recommenders', CATALOG.recommenders],
  ['Transforms', CATALOG.transformers],
  ['Metrics', CATALOG.metrics],
  ['Drift detectors', CATALOG.driftDetectors],
  ['Optimizers of linear models and factorisation', ['SGD', 'Momentum', 'AdaGrad', 'RMSProp', 'Adam', 'FTRLProximal']],
];

export function learningReference(): string {
  const of = describe();
  const lines = [
    '# Learning: what there is',
    '',
    'Generated from the comments of `runtime/learn` by `npm run generate`. How they are used in jobs:',
    '[models-in-streams.md](../models-in-streams.md). Parameters are written in camelCase or snake_case.',
  ];
  for (const [title, names] of GROUPS) {
    lines.push('', `## ${title}`);
    for (const name of names) {
      const { doc, parameters } = of(name);
      lines.push('', `### ${name}`, '', doc);
      if (parameters.length === 0) continue;
      lines.push('', '| parameter | type | |', '|---|---|---|');
      for (const p of parameters) {
        const cell = (text: string) => text.replaceAll('|', '\\|');
        lines.push(`| \`${p.name}\`${p.optional ? '' : ' (required)'} | \`${cell(p.type)}\` | ${cell(p.doc)} |`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
}
