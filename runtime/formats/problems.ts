/**
 * What readers throw for a record that can't be decoded. Not Errors: they cost no stack trace, and they never leave the
 * decoder, which turns them into BadRecords.
 */

/** The record is not of the format's grammar: nothing more can be read from it. */
export class Malformed {
  constructor(
    readonly reason: string,
    /** Position in the buffer. */
    readonly at: number,
  ) {}
}

/** A value that the column's type can't take, standing in buf[at, end): the rest of the record can still be read. */
export class Mismatch {
  constructor(
    readonly expected: string,
    readonly at: number,
    readonly end: number,
    readonly column: string,
  ) {}
}

const SHOWN = 40;

/** A few bytes of the input for a message: as they are when printable, else escaped. */
export function excerpt(buf: Buffer, start: number, end: number): string {
  const cut = end - start > SHOWN;
  const text = buf.toString('utf8', start, cut ? start + SHOWN : end).replace(/[\p{Cc}\ufffd]/gu, (c) => {
    const code = c.charCodeAt(0);
    return code === 0xfffd ? '\\x??' : `\\x${code.toString(16).padStart(2, '0')}`;
  });
  return cut ? `${text}…` : text;
}
