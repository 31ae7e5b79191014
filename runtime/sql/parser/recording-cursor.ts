import { Cursor } from './cursor.js';

/** A cursor that notes what was looked for at the current token in vain: what an error there lists as expected. */
export class RecordingCursor extends Cursor {
  private readonly words: string[] = [];
  /** The token that `words` were looked for at. */
  private wordsAt = -1;

  override is(upper: string): boolean {
    return super.is(upper) || this.miss(upper);
  }

  override isEither(upper: string, other: string): boolean {
    return super.isEither(upper, other) || this.miss(upper) || this.miss(other);
  }

  override are(first: string, ...more: readonly string[]): boolean {
    return super.are(first, ...more) || this.miss([first, ...more].join(' '));
  }

  override accept(upper: string): boolean {
    return super.accept(upper) || this.miss(upper);
  }

  override acceptAll(first: string, ...more: readonly string[]): boolean {
    return super.acceptAll(first, ...more) || this.miss([first, ...more].join(' '));
  }

  override acceptOneOf<const T extends string>(choices: readonly T[]): T | undefined {
    const found = super.acceptOneOf(choices);
    if (found === undefined) for (const choice of choices) this.miss(choice);
    return found;
  }

  protected override missed(): readonly string[] {
    return this.wordsAt === this.at ? this.words : [];
  }

  private miss(upper: string): false {
    if (this.wordsAt !== this.at) {
      this.words.length = 0;
      this.wordsAt = this.at;
    }
    this.words.push(upper);
    return false;
  }
}
