import { TidewheelError } from '../errors.js';
import { RowEmitter } from '../features/row-emitter.js';
import { type TokenizerParams, tokenizer } from './tokenizer.js';

export interface TextParams extends TokenizerParams {
  /** The column that holds the text (default: the record is the text). */
  on?: string;
}

/** Base of transforms from a text to counts of its tokens. */
export abstract class TextStep extends RowEmitter {
  private readonly tokenize: (text: string) => string[];

  constructor(protected readonly params: TextParams) {
    super();
    this.tokenize = tokenizer(params);
  }

  /** Tokens of the text in `x`; none for a missing text. Throws `TW7102` for what is no text. */
  protected tokens(x: any): string[] {
    const text = this.params.on === undefined ? x : x?.[this.params.on];
    if (text === null || text === undefined) return [];
    if (typeof text !== 'string') {
      const where = this.params.on === undefined ? 'the record' : `column ${this.params.on}`;
      throw new TidewheelError('TW7102', `${where} holds a ${typeof text}, not a text`);
    }
    return this.tokenize(text);
  }
}
