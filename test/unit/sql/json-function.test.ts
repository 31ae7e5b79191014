import { describe, expect, test } from '@jest/globals';
import { compileProjection } from '../../../runtime/expr/index.js';
import type { CalcSpec } from '../../../runtime/graph/plan.js';
import { typeToString } from '../../../runtime/record/types.js';
import { errorOf, nodesOf, outline, PAYMENTS } from './planning.js';

/** Values of the query's columns for a row of payments whose note is that text. */
function values(select: string, note: string | null): unknown[] {
  const calc = nodesOf(`${PAYMENTS} SELECT ${select} FROM payments`).get('collect/calc1')!.spec as CalcSpec;
  return Object.values(compileProjection(calc.project!)({ note, card: 'c', amount: 1.5, ts: 0 }));
}

describe('JSON functions with clauses', () => {
  test('JSON_VALUE: RETURNING, ON EMPTY and ON ERROR', () => {
    const note = '{"a": 12, "b": {"c": true}}';
    expect(
      values("JSON_VALUE(note, '$.a'), JSON_VALUE(note, '$.a' RETURNING BIGINT), JSON_VALUE(note, '$.x')", note),
    ).toEqual(['12', 12, null]);
    expect(
      values(
        "JSON_VALUE(note, 'lax $.x' DEFAULT 'none' ON EMPTY), JSON_VALUE(note, '$.b' RETURNING INT DEFAULT 7 ON ERROR)",
        note,
      ),
    ).toEqual(['none', 7]);
    expect(() => values("JSON_VALUE(note, 'strict $.x' ERROR ON ERROR)", note)).toThrow('JSON_VALUE');
    const node = nodesOf(`${PAYMENTS} SELECT JSON_VALUE(note, '$.a' RETURNING BOOLEAN) b FROM payments`).get(
      'collect/calc1',
    )!;
    expect(typeToString(node.schema.fields[0].type)).toBe('BOOLEAN');
  });

  test('JSON_QUERY: wrappers and what is empty', () => {
    const note = '{"a": [1, 2], "b": 3}';
    expect(
      values(
        "JSON_QUERY(note, '$.a'), JSON_QUERY(note, '$.b' WITH WRAPPER), JSON_QUERY(note, 'lax $.x' EMPTY ARRAY ON EMPTY)",
        note,
      ),
    ).toEqual(['[1,2]', '[3]', '[]']);
  });

  test('JSON_EXISTS and IS JSON', () => {
    expect(
      values("JSON_EXISTS(note, '$.a'), JSON_EXISTS(note, '$.b'), note IS JSON, note IS NOT JSON ARRAY", '{"a": 1}'),
    ).toEqual([true, false, true, true]);
  });

  test('JSON_OBJECT and JSON_ARRAY: what becomes of NULL', () => {
    expect(
      values(
        "JSON_OBJECT('k' VALUE note, 'n' VALUE 1), JSON_OBJECT('k' VALUE note ABSENT ON NULL), JSON_ARRAY(note, 'x'), JSON_ARRAY(note NULL ON NULL)",
        null,
      ),
    ).toEqual(['{"k":null,"n":1}', '{}', '["x"]', '[null]']);
  });

  test('aggregates', () => {
    const sql = `${PAYMENTS} SELECT JSON_OBJECTAGG(card VALUE amount ABSENT ON NULL), JSON_ARRAYAGG(note), ARRAY_AGG(note) FROM payments`;
    expect(outline(sql)[1]).toContain(
      '[JSON_OBJECTAGG ABSENT ON NULL(card, amount), JSON_ARRAYAGG(note), ARRAY_AGG(note)]',
    );
    expect(errorOf(`${PAYMENTS}SELECT card FROM payments WHERE JSON_ARRAYAGG(note) = ''`)).toBe(
      "3:33 TW2004 aggregate JSON_ARRAYAGG can't be used in WHERE",
    );
  });
});
