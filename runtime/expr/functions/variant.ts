/** VARIANT: JSON values that keep their types. */
import { parseVariant, tryParseVariant } from '../values/variant.js';
import { defineFamily } from './definition.js';

export const VARIANT = defineFamily('json', [
  {
    names: ['PARSE_JSON'],
    signatures: ['(STRING) -> VARIANT', '(STRING, BOOLEAN) -> VARIANT'],
    doc: "A JSON text as a VARIANT, whose parts are `variant['name']` and `variant[position]`. Fails for what is no JSON, and for a repeated name unless the second argument is TRUE.",
    examples: [[`JSON_STRING(PARSE_JSON('{"a": [1, 2.50]}')['a'][2])`, '2.5']],
    call: parseVariant,
  },
  {
    names: ['TRY_PARSE_JSON'],
    signatures: ['(STRING) -> VARIANT?', '(STRING, BOOLEAN) -> VARIANT?'],
    doc: 'As PARSE_JSON, but NULL where that fails.',
    examples: [[`TRY_PARSE_JSON('{') IS NULL`, 'TRUE']],
    call: tryParseVariant,
  },
]);
