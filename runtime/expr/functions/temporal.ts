/** Fields, rounding and arithmetic of times. Reading and writing times as text is in temporal-text.ts. */
import { type DataType, typeToString } from '../../record/types.js';
import { castCode } from '../casts/cast.js';
import type { Expr } from '../ir.js';
import * as t from '../typing.js';
import { addMonths, addMonthsToTimestamp } from '../values/calendar.js';
import { ceilDecimal, floorDecimal } from '../values/decimal.js';
import { addExact, type Exact, floorDivide, floorModulo, subtractExact } from '../values/exact.js';
import type { TimeUnit } from '../values/time-fields.js';
import * as fields from '../values/time-fields.js';
import { unitsPerSecond } from '../values/time-text.js';
import { shiftCode } from './arithmetic.js';
import { defineFamily, type EmitCall, type FunctionEntry } from './definition.js';
import type { Infer } from './signature.js';

const EXTRACT_UNITS: readonly string[] = fields.TIME_UNITS;
const ROUND_UNITS = [
  'MILLENNIUM',
  'CENTURY',
  'DECADE',
  'YEAR',
  'QUARTER',
  'MONTH',
  'WEEK',
  'DAY',
  'HOUR',
  'MINUTE',
  'SECOND',
  'MILLISECOND',
];
const ADD_UNITS = ['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND', 'MILLISECOND', 'MICROSECOND'];

/** A unit given as a text literal; names such as SQL_TSI_DAY and FRAC_SECOND are known too. */
function unitOf(expr: Expr | undefined): string | undefined {
  if (expr?.op !== 'literal' || typeof expr.value !== 'string') return undefined;
  const name = expr.value.toUpperCase().replace(/^SQL_TSI_/, '');
  return name === 'FRAC_SECOND' ? 'MICROSECOND' : name;
}

function wrongUnit(name: string, units: readonly string[], expr: Expr | undefined): string | undefined {
  const unit = unitOf(expr);
  if (unit !== undefined && units.includes(unit)) return undefined;
  return `${name}: unit ${unit ?? 'missing'} is none of ${units.join(', ')}`;
}

const unitType = (type: DataType) => t.withNullable(type, false);
const precisionOf = (type: DataType) => ('precision' in type ? type.precision : 0);

/** A TIMESTAMP_LTZ in the session's time zone. */
function local(code: string, type: DataType, e: EmitCall): string {
  if (type.kind !== 'TIMESTAMP_LTZ') return code;
  return castCode(type, t.timestamp(type.precision), code, { fn: e.fn, tryCast: false, zone: e.zone });
}

function fieldCode(unit: TimeUnit, code: string, type: DataType, e: EmitCall): string {
  const quoted = JSON.stringify(unit);
  switch (type.kind) {
    case 'DATE':
      return e.fn(fields.dateField, code, quoted);
    case 'TIME':
      return e.fn(fields.timeField, code, quoted);
    case 'INTERVAL_DAY_TIME':
      return e.fn(intervalField, code, quoted);
    case 'INTERVAL_YEAR_MONTH':
      return unit === 'YEAR' ? `Math.trunc(${code} / 12)` : unit === 'MONTH' ? `(${code} % 12)` : '0';
    default: {
      if (unit === 'EPOCH') return e.fn(floorDivide, code, String(unitsPerSecond(precisionOf(type))));
      return e.fn(fields.timestampField, local(code, type, e), quoted, String(unitsPerSecond(precisionOf(type))));
    }
  }
}

function intervalField(ms: number, unit: TimeUnit): number {
  const sign = ms < 0 ? -1 : 1;
  const abs = Math.abs(ms);
  if (unit === 'DAY') return sign * Math.floor(abs / 86_400_000);
  if (unit === 'EPOCH') return Math.trunc(ms / 1000);
  return sign * fields.timeField(abs % 86_400_000, unit) + 0;
}

const extractable = (type: DataType) => t.isTemporal(type) || t.isInterval(type);

const extractInfer: Infer = (types, args) => {
  if (types.length !== 2) return 'EXTRACT is written EXTRACT(unit FROM time)';
  const problem = wrongUnit('EXTRACT', EXTRACT_UNITS, args[0]);
  if (problem) return problem;
  const value = types[1].kind === 'NULL' ? t.timestamp(3) : types[1];
  if (!extractable(value)) return `EXTRACT takes a time or an interval, not ${typeToString(types[1])}`;
  return { argTypes: [types[0], value], type: t.withNullable(t.BIGINT, value.nullable) };
};

/** YEAR(x), … : EXTRACT with the unit in its name. */
function part(name: string, unit: TimeUnit, example: readonly [string, string]): FunctionEntry {
  return {
    names: [name],
    syntax: [`${name}(time)`],
    signatures: ['(TEMPORAL) -> BIGINT', '(INTERVAL) -> BIGINT'],
    zoned: true,
    doc: `EXTRACT(${unit} FROM time).`,
    examples: [example],
    emit: ([a], e) => fieldCode(unit, a, e.types[0], e),
  };
}

/** FLOOR(x), CEIL(x) of numbers and, with a unit, of times. */
function rounding(names: readonly string[], up: boolean): FunctionEntry {
  const name = names[0];
  const math = up ? 'Math.ceil' : 'Math.floor';
  return {
    names,
    syntax: [`${name}(numeric)`, `${name}(time TO unit)`],
    signatures: ['(NUMERIC) -> T1', '(TEMPORAL, STRING) -> T1'],
    infer: (types, args) => {
      if (types.length === 1 && (t.isNumeric(types[0]) || types[0].kind === 'NULL')) {
        const type = types[0].kind === 'NULL' ? t.INT : types[0];
        // Without a scale: the digits before the point.
        const result = type.kind === 'DECIMAL' ? t.decimal(type.precision, 0, type.nullable) : type;
        return { argTypes: [type], type: result };
      }
      if (types.length !== 2 || !t.isTemporal(types[0])) return `${name} takes a number, or (time TO unit)`;
      const problem = wrongUnit(name, ROUND_UNITS, args[1]);
      return problem ?? { argTypes: types, type: types[0] };
    },
    zoned: true,
    doc: up
      ? 'The least whole number that is not less; the begin of the first unit that is not before the time.'
      : 'The greatest whole number that is not greater; the begin of the unit that holds the time.',
    examples: up
      ? [['CEIL(1.5)', '2']]
      : [
          ['FLOOR(-1.5)', '-2'],
          ["FLOOR(TIME '12:44:31' TO MINUTE)", '12:44:00'],
        ],
    emit: ([a], e) => {
      const type = e.types[0];
      if (t.isApproximate(type)) return `${math}(${a})`;
      if (type.kind === 'DECIMAL')
        return type.scale === 0 ? a : e.fn(up ? ceilDecimal : floorDecimal, a, String(type.scale));
      if (t.isInteger(type)) return a;
      return roundTimeCode(unitOf(e.call.args[1]) as TimeUnit, a, type, up, e);
    },
  };
}

function floorTo(value: Exact, step: number): Exact {
  return subtractExact(value, floorModulo(value, step));
}
function ceilTo(value: Exact, step: number): Exact {
  const rest = floorModulo(value, step);
  return rest === 0 ? value : addExact(value, step - rest);
}

function roundTimeCode(unit: TimeUnit, code: string, type: DataType, up: boolean, e: EmitCall): string {
  const quoted = JSON.stringify(unit);
  const unitMs = unit === 'WEEK' ? undefined : fields.UNIT_MS[unit];
  if (type.kind === 'DATE')
    return unitMs !== undefined ? code : e.fn(up ? fields.ceilDate : fields.floorDate, code, quoted);
  if (type.kind === 'TIME')
    return unitMs === undefined || unit === 'DAY' ? '0' : e.fn(up ? ceilTo : floorTo, code, String(unitMs));
  const perMs = unitsPerSecond(precisionOf(type)) / 1000;
  const rounded = (value: string) =>
    unitMs !== undefined
      ? e.fn(up ? ceilTo : floorTo, value, String(unitMs * perMs))
      : e.fn(up ? fields.ceilTimestamp : fields.floorTimestamp, value, quoted, String(86_400_000 * perMs));
  if (type.kind !== 'TIMESTAMP_LTZ' || e.zone === 'UTC') return rounded(code);
  // With the offset that holds at the time itself, also where the zone changes it within the unit, as Flink does.
  const [instant, wall] = [e.cg.temp(), e.cg.temp()];
  const moved = e.fn(subtractExact, rounded(wall), wall);
  return `((${instant} = ${code}), (${wall} = ${local(instant, type, e)}), ${e.fn(addExact, instant, moved)})`;
}

const addInfer: Infer = (types, args) => {
  if (types.length !== 3) return 'TIMESTAMPADD is written TIMESTAMPADD(unit, count, time)';
  const problem = wrongUnit('TIMESTAMPADD', ADD_UNITS, args[0]);
  if (problem) return problem;
  if (!t.isInteger(types[1]) && types[1].kind !== 'NULL')
    return `TIMESTAMPADD takes a whole count, not ${typeToString(types[1])}`;
  const value = types[2].kind === 'NULL' ? t.timestamp(3) : types[2];
  if (!t.isTemporal(value)) return `TIMESTAMPADD takes a time, not ${typeToString(types[2])}`;
  const unit = unitOf(args[0]) as TimeUnit;
  const nullable = types[1].nullable || value.nullable;
  const ofDay = (fields.UNIT_MS[unit] ?? 0) < 86_400_000 && fields.UNIT_MONTHS[unit] === undefined;
  if (value.kind === 'DATE' && ofDay) {
    const widened = t.timestamp(6, value.nullable);
    return {
      argTypes: [unitType(types[0]), t.withNullable(t.BIGINT, types[1].nullable), widened],
      type: t.withNullable(widened, nullable),
    };
  }
  return {
    argTypes: [unitType(types[0]), t.withNullable(t.BIGINT, types[1].nullable), value],
    type: t.withNullable(value, nullable),
  };
};

function addUnits(count: Exact, value: Exact, step: number): Exact {
  return addExact(value, Number(count) * step);
}

function addCode([, count, value]: string[], e: EmitCall): string {
  const unit = unitOf(e.call.args[0]) as TimeUnit;
  const type = e.types[2];
  const months = fields.UNIT_MONTHS[unit];
  if (months !== undefined) {
    if (type.kind === 'DATE') return e.fn(addMonths, value, `Number(${count}) * ${months}`);
    if (type.kind === 'TIME') return value;
    return e.fn(
      addMonthsToTimestamp,
      value,
      `Number(${count}) * ${months}`,
      String(86400 * unitsPerSecond(precisionOf(type))),
    );
  }
  if (type.kind === 'DATE') return `(${value} + Number(${count}) * ${unit === 'WEEK' ? 7 : 1})`;
  const unitMs = unit === 'MICROSECOND' ? 0.001 : fields.UNIT_MS[unit]!;
  if (type.kind === 'TIME')
    return shiftCode('+', value, type, `Math.trunc(Number(${count}) * ${unitMs})`, t.INTERVAL_DAY_TIME, e);
  const step = unitMs * (unitsPerSecond(precisionOf(type)) / 1000);
  if (step < 1) return e.fn(addExact, value, `Math.trunc(Number(${count}) * ${step})`);
  return e.fn(addUnits, count, value, String(step));
}

const diffInfer: Infer = (types, args) => {
  if (types.length !== 3) return 'TIMESTAMPDIFF is written TIMESTAMPDIFF(unit, time1, time2)';
  const problem = wrongUnit('TIMESTAMPDIFF', ADD_UNITS, args[0]);
  if (problem) return problem;
  const [a, b] = types.slice(1).map((type) => (type.kind === 'NULL' ? t.timestamp(3) : type));
  const common = t.leastRestrictive([a, b]);
  if (!common || !t.isTemporal(common))
    return `TIMESTAMPDIFF takes two times, not ${typeToString(a)} and ${typeToString(b)}`;
  return {
    argTypes: [unitType(types[0]), t.withNullable(common, a.nullable), t.withNullable(common, b.nullable)],
    type: t.withNullable(t.INT, a.nullable || b.nullable),
  };
};

function unitsBetween(from: Exact, to: Exact, step: number): number {
  const difference = subtractExact(to, from);
  return (typeof difference === 'number' ? Math.trunc(difference / step) : Number(difference / BigInt(step))) | 0;
}

function diffCode([, from, to]: string[], e: EmitCall): string {
  const unit = unitOf(e.call.args[0]) as TimeUnit;
  const type = e.types[1];
  const units = type.kind === 'DATE' ? 1 / 86400 : type.kind === 'TIME' ? 1000 : unitsPerSecond(precisionOf(type));
  const months = fields.UNIT_MONTHS[unit];
  if (months !== undefined) {
    const between = e.fn(fields.monthsBetween, from, to, String(type.kind === 'DATE' ? 1 : 86400 * units));
    return months === 1 ? between : `Math.trunc(${between} / ${months})`;
  }
  const unitSeconds = unit === 'MICROSECOND' ? 1e-6 : fields.UNIT_MS[unit]! / 1000;
  if (type.kind === 'DATE') return `Math.trunc((${to} - ${from}) / ${unitSeconds / 86400})`;
  const step = unitSeconds * units;
  return step >= 1
    ? e.fn(unitsBetween, from, to, String(step))
    : `(Number(${e.fn(subtractExact, to, from)}) * ${Math.round(1 / step)} | 0)`;
}

/** The clock of the code generator. */
const clock = (e: EmitCall) => `${e.cg.bind(e.cg.now, 'now')}()`;
const zonedNow = (e: EmitCall) => local(clock(e), t.timestampLtz(3), e);

function now(
  names: readonly string[],
  type: DataType,
  doc: string,
  emit: (e: EmitCall) => string,
  zoned = false,
): FunctionEntry {
  return {
    names,
    syntax: names.map((name) =>
      /^(CURRENT_(DATE|TIME|TIMESTAMP)|LOCALTIME(STAMP)?)$/.test(name) ? name : `${name}()`,
    ),
    signatures: ['() -> BIGINT!'],
    infer: (types) =>
      types.length === 0 ? { argTypes: [], type: t.withNullable(type, false) } : `${names[0]} takes no value`,
    deterministic: false,
    zoned,
    doc,
    emit: (_, e) => emit(e),
  };
}

/** The type of the time attribute; NULL while there is no watermark. */
const watermarkInfer: Infer = ([type]) => {
  if (type === undefined || !t.isTimestamp(type) || (type as { precision: number }).precision > 3) {
    return 'CURRENT_WATERMARK takes a time attribute';
  }
  return { argTypes: [type], type: type.kind === 'TIMESTAMP' ? t.timestamp(3) : t.timestampLtz(3) };
};

/** The time of a watermark; NULL for none. */
function watermarkTime(mark: number): number | null {
  return Number.isFinite(mark) ? mark : null;
}

export const TEMPORAL = defineFamily('temporal', [
  {
    names: ['CURRENT_WATERMARK'],
    signatures: ['(TIMESTAMP*) -> T1?'],
    infer: watermarkInfer,
    nulls: 'custom',
    deterministic: false,
    doc: 'The watermark when the row comes; NULL while there is none, and in batch mode. A row at or before it is late. For SELECT and WHERE.',
    emit: (_, e) => {
      if (!e.cg.watermark) throw new TypeError('CURRENT_WATERMARK stands in SELECT and WHERE only');
      return e.fn(watermarkTime, `${e.cg.bind(e.cg.watermark, 'watermark')}()`);
    },
  },
  {
    names: ['EXTRACT'],
    syntax: ['EXTRACT(unit FROM time)'],
    signatures: ['(STRING, TEMPORAL) -> BIGINT', '(STRING, INTERVAL) -> BIGINT'],
    infer: extractInfer,
    zoned: true,
    doc: `A field of a time or interval. Units: ${EXTRACT_UNITS.join(', ')}. DOW is 1 (Sunday) to 7.`,
    examples: [["EXTRACT(DAY FROM DATE '2006-06-05')", '5']],
    emit: ([, a], e) => fieldCode(unitOf(e.call.args[0]) as TimeUnit, a, e.types[1], e),
  },
  part('YEAR', 'YEAR', ["YEAR(DATE '1994-09-27')", '1994']),
  part('QUARTER', 'QUARTER', ["QUARTER(DATE '1994-09-27')", '3']),
  part('MONTH', 'MONTH', ["MONTH(DATE '1994-09-27')", '9']),
  part('WEEK', 'WEEK', ["WEEK(DATE '1994-09-27')", '39']),
  part('DAYOFYEAR', 'DOY', ["DAYOFYEAR(DATE '1994-09-27')", '270']),
  part('DAYOFMONTH', 'DAY', ["DAYOFMONTH(DATE '1994-09-27')", '27']),
  part('DAYOFWEEK', 'DOW', ["DAYOFWEEK(DATE '1994-09-27')", '3']),
  part('HOUR', 'HOUR', ["HOUR(TIMESTAMP '1994-09-27 13:14:15')", '13']),
  part('MINUTE', 'MINUTE', ["MINUTE(TIMESTAMP '1994-09-27 13:14:15')", '14']),
  part('SECOND', 'SECOND', ["SECOND(TIMESTAMP '1994-09-27 13:14:15')", '15']),
  rounding(['FLOOR'], false),
  rounding(['CEIL', 'CEILING'], true),
  {
    names: ['TIMESTAMPADD'],
    syntax: ['TIMESTAMPADD(unit, count, time)'],
    signatures: ['(STRING, BIGINT, TEMPORAL) -> T3'],
    infer: addInfer,
    doc: `The time some units later. Units: ${ADD_UNITS.join(', ')}.`,
    examples: [["TIMESTAMPADD(MONTH, 1, DATE '2020-01-31')", '2020-02-29']],
    emit: addCode,
  },
  {
    names: ['TIMESTAMPDIFF'],
    syntax: ['TIMESTAMPDIFF(unit, time1, time2)'],
    signatures: ['(STRING, TEMPORAL, TEMPORAL) -> INT'],
    infer: diffInfer,
    doc: 'Whole units from time1 to time2; negative when time2 is earlier.',
    examples: [["TIMESTAMPDIFF(DAY, DATE '2020-01-01', DATE '2020-01-31')", '30']],
    emit: diffCode,
  },
  now(
    ['CURRENT_TIMESTAMP', 'NOW', 'CURRENT_ROW_TIMESTAMP'],
    t.timestampLtz(3),
    'The time of processing, for each row.',
    clock,
  ),
  // A function of its own: the planner knows the processing-time attribute by its id.
  now(
    ['PROCTIME'],
    t.timestampLtz(3),
    'The processing-time attribute: a column of it can be the time of a window.',
    clock,
  ),
  now(['LOCALTIMESTAMP'], t.timestamp(3), "The time of processing in the session's time zone.", zonedNow, true),
  now(
    ['CURRENT_DATE'],
    t.DATE,
    "The date of processing in the session's time zone.",
    (e) => `Math.floor(${zonedNow(e)} / 86400000)`,
    true,
  ),
  now(
    ['LOCALTIME', 'CURRENT_TIME'],
    t.time(0),
    "The time of day of processing in the session's time zone.",
    (e) => `Math.floor(${e.fn(floorModulo, zonedNow(e), '86400000')} / 1000) * 1000`,
    true,
  ),
]);
