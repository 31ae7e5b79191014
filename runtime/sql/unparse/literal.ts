import type { Literal } from '../ast/literal.js';
import { stringText } from './text.js';
import { intervalQualifierText } from './type.js';

export function literalText(literal: Literal): string {
  switch (literal.kind) {
    case 'StringLiteral':
      return stringText(literal.value);
    case 'BinaryLiteral':
      return `X'${literal.hex}'`;
    case 'NumberLiteral':
      return literal.text;
    case 'BooleanLiteral':
      return literal.value ? 'TRUE' : 'FALSE';
    case 'NullLiteral':
      return 'NULL';
    case 'DatetimeLiteral': {
      const type = literal.type === 'TIMESTAMP_LTZ' ? 'TIMESTAMP WITH LOCAL TIME ZONE' : literal.type;
      return `${type} ${stringText(literal.text)}`;
    }
    case 'IntervalLiteral': {
      const sign = literal.negative ? '-' : '';
      return `INTERVAL ${sign}${stringText(literal.text)} ${intervalQualifierText(literal.qualifier)}`;
    }
  }
}
