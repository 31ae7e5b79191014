import type { Transformer } from '../contracts.js';
import { TidewheelError } from '../errors.js';
import type { Features } from '../features/feature-index.js';
import { asFeatures } from '../features/row-emitter.js';
import { checkJson, type LearnJson, type Restore } from '../state.js';

/**
 * Several transforms of the same record side by side; their features are put together, a later one winning where names meet.
 * Supervised parts get the label when the pipeline around passes it on; the union counts as supervised if a part is.
 */
export class TransformerUnion {
  static readonly type = 'TransformerUnion';
  readonly kind = 'transformer';
  readonly parts: readonly Transformer[];

  /** Throws `TW7101` for a part that is no transform. */
  constructor(...parts: Transformer[]) {
    for (const part of parts) {
      if (part?.kind !== 'transformer') {
        throw new TidewheelError('TW7101', `a union is made of transforms, not of a ${String(part?.kind)}`);
      }
    }
    this.parts = parts;
  }

  get supervised(): boolean {
    return this.parts.some((part) => part.supervised);
  }

  learnOne(x: Features, y?: any): void {
    for (const part of this.parts) part.learnOne(x, y);
  }

  transformOne(x: Features): Record<string, any> {
    const union: Record<string, any> = {};
    for (const part of this.parts) Object.assign(union, asFeatures(part.transformOne(x)));
    return union;
  }

  toJSON(): LearnJson {
    return { type: TransformerUnion.type, version: 1, parts: this.parts.map((part) => part.toJSON()) };
  }

  static fromJSON(json: LearnJson, restore: Restore): TransformerUnion {
    checkJson(json, TransformerUnion.type);
    return new TransformerUnion(...json.parts.map(restore));
  }
}
