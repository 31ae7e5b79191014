import type { JsonEntry, JsonFunction, JsonValueBehavior } from '../ast/json-function.js';
import { filterText, overText, sortItemText } from './call.js';
import { expressionListText, expressionText } from './expression.js';
import { queryText } from './query.js';
import { clause, list, phrase } from './text.js';
import { typeText } from './type.js';

export function jsonFunctionText(e: JsonFunction): string {
  switch (e.kind) {
    case 'JsonValue':
      return `JSON_VALUE(${phrase(
        `${expressionText(e.json)}, ${expressionText(e.path)}`,
        e.returning && `RETURNING ${typeText(e.returning)}`,
        e.onEmpty && `${behaviorText(e.onEmpty)} ON EMPTY`,
        e.onError && `${behaviorText(e.onError)} ON ERROR`,
      )})`;
    case 'JsonQuery':
      return `JSON_QUERY(${phrase(
        `${expressionText(e.json)}, ${expressionText(e.path)}`,
        e.returning && `RETURNING ${typeText(e.returning)}`,
        e.wrapper && `${e.wrapper === 'WITHOUT' ? 'WITHOUT' : `WITH ${e.wrapper}`} ARRAY WRAPPER`,
        e.onEmpty && `${e.onEmpty} ON EMPTY`,
        e.onError && `${e.onError} ON ERROR`,
      )})`;
    case 'JsonExists':
      return `JSON_EXISTS(${phrase(
        `${expressionText(e.json)}, ${expressionText(e.path)}`,
        e.onError && `${e.onError} ON ERROR`,
      )})`;
    case 'JsonObject':
      return `JSON_OBJECT(${phrase(list(e.entries, entryText), nullsText(e.nulls))})`;
    case 'JsonArray':
      return `JSON_ARRAY(${phrase(e.query ? queryText(e.query) : expressionListText(e.items), nullsText(e.nulls))})`;
    case 'JsonObjectAgg':
      return phrase(
        `JSON_OBJECTAGG(${phrase(entryText(e.entry), nullsText(e.nulls))})`,
        filterText(e.filter),
        e.over && overText(e.over),
      );
    case 'JsonArrayAgg': {
      const order = clause('ORDER BY', e.orderBy, sortItemText);
      return phrase(
        `JSON_ARRAYAGG(${phrase(expressionText(e.value), order, nullsText(e.nulls))})`,
        filterText(e.filter),
        e.over && overText(e.over),
      );
    }
  }
}

function behaviorText(behavior: JsonValueBehavior): string {
  return phrase(behavior.behavior, behavior.value && expressionText(behavior.value));
}

function entryText(entry: JsonEntry): string {
  // KEY before a sign would read as a column of that name.
  const keyword = entry.key.kind === 'StringLiteral' && 'KEY';
  return phrase(keyword, expressionText(entry.key), 'VALUE', expressionText(entry.value));
}

function nullsText(nulls: string | undefined): string {
  return nulls ? `${nulls} ON NULL` : '';
}
