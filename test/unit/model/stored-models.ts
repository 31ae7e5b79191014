/** Models of other tools with questions and answers, made by `npm run test:oracle -- models`. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  type Datatype,
  elementOf,
  type ModelFiles,
  type ModelFormat,
  type Tensor,
  type Tensors,
  tensorFrom,
} from '../../../runtime/model/index.js';

const FOLDER = join(process.cwd(), 'test', 'unit', 'model', 'data');

interface StoredTensor {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: readonly (number | string | boolean)[];
}

export interface StoredAnswers {
  readonly format: ModelFormat;
  readonly madeBy: string;
  readonly inputs: Readonly<Record<string, StoredTensor>>;
  readonly outputs: Readonly<Record<string, StoredTensor>>;
}

export function storedModels(): string[] {
  return readdirSync(FOLDER).sort();
}

export function filesOf(name: string): ModelFiles {
  const folder = join(FOLDER, name);
  const walk = (dir: string): string[] =>
    readdirSync(dir).flatMap((file) => {
      const path = join(dir, file);
      return statSync(path).isDirectory() ? walk(path) : [path];
    });
  const paths = walk(folder).filter((path) => !path.endsWith('answers.json'));
  return new Map(paths.map((path) => [relative(folder, path).split('\\').join('/'), readFileSync(path)]));
}

export function answersOf(name: string): StoredAnswers {
  return JSON.parse(readFileSync(join(FOLDER, name, 'answers.json'), 'utf8'));
}

export function inputsOf(answers: StoredAnswers): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(answers.inputs).map(([name, t]) => [name, tensorFrom(name, t.datatype, t.shape, t.data)]),
  );
}

/** The largest |seen − expected| / max(1, |expected|) of all numbers. Throws where a type, shape, text or boolean differs. */
export function worstDifference(seen: Tensors, expected: StoredAnswers['outputs']): number {
  let worst = 0;
  for (const [name, wanted] of Object.entries(expected)) {
    const tensor = seen[name];
    if (!tensor) throw new Error(`no output '${name}', but ${Object.keys(seen).join(', ')}`);
    const [a, b] = [tensor, wanted].map((t) => `${t.datatype} [${t.shape.join(', ')}]`);
    if (a !== b) throw new Error(`output '${name}' is ${a}, expected is ${b}`);
    for (const [i, value] of wanted.data.entries()) {
      const given = elementOf(tensor, i);
      if (typeof value === 'number') {
        worst = Math.max(worst, Math.abs(Number(given) - value) / Math.max(1, Math.abs(value)));
      } else if (typeof given === 'boolean' ? given !== value : String(given) !== value)
        throw new Error(`output '${name}'[${i}] is ${given}, expected is ${value}`);
    }
  }
  return worst;
}
