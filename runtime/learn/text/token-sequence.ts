import { requireParameter } from '../errors.js';
import { checkJson, type LearnJson } from '../state.js';
import { type TextParams, TextStep } from './text-step.js';

export interface TokenSequenceParams extends TextParams {
  /** Tokens of a text that count: longer ones are cut, shorter ones filled with 0 behind (default 100). */
  length?: number;
  /** Numbers that there are, 0 (nothing) and 1 (any other token) among them: the `inputDim` of an Embedding (default 10000). */
  maxTokens?: number;
}

/**
 * The tokens of a text as a sequence of numbers, for networks that begin with an Embedding.
 *
 * Shapes: a text, or a record with one in column `on`; a vector of `length` numbers out. The first `maxTokens` − 2 tokens that are
 * learned have numbers from 2; any other is 1. State: the vocabulary. Source: Keras's TextVectorization.
 */
export class TokenSequence extends TextStep {
  static readonly type = 'TokenSequence';
  declare protected readonly params: TokenSequenceParams;
  private readonly length: number;
  private readonly maxTokens: number;
  private readonly ids = new Map<string, number>();

  constructor(params: TokenSequenceParams = {}) {
    super(params);
    this.length = params.length ?? 100;
    this.maxTokens = params.maxTokens ?? 10_000;
    requireParameter(Number.isInteger(this.length) && this.length > 0, 'length', this.length, 'an integer above 0');
    requireParameter(
      Number.isInteger(this.maxTokens) && this.maxTokens > 2,
      'maxTokens',
      this.maxTokens,
      'an integer above 2',
    );
    this.output.ensurePositions(this.length);
  }

  override learnOne(x: any): void {
    if (this.ids.size >= this.maxTokens - 2) return;
    for (const token of this.tokens(x)) {
      if (!this.ids.has(token) && this.ids.size < this.maxTokens - 2) this.ids.set(token, this.ids.size + 2);
    }
  }

  protected emit(x: any): void {
    const tokens = this.tokens(x);
    for (let i = 0; i < this.length && i < tokens.length; i++) this.add(i, this.ids.get(tokens[i]) ?? 1);
  }

  toJSON(): LearnJson {
    return { type: TokenSequence.type, version: 1, params: this.params, tokens: [...this.ids.keys()] };
  }

  static fromJSON(json: LearnJson): TokenSequence {
    checkJson(json, TokenSequence.type);
    const step = new TokenSequence(json.params);
    (json.tokens as string[]).forEach((token, i) => {
      step.ids.set(token, i + 2);
    });
    return step;
  }
}
