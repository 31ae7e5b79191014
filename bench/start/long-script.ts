/** A script of 300 lines: 20 tables, 20 views, 40 inserts with windows, aggregates and joins. */
export function longScript(): string {
  const lines: string[] = [];
  for (let i = 0; i < 20; i++) {
    lines.push(
      `CREATE TABLE t${i} (`,
      '  k STRING,',
      '  a BIGINT,',
      '  b DECIMAL(10, 2),',
      '  ts TIMESTAMP(3),',
      "  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND",
      `) WITH ('connector' = 'filesystem', 'path' = 't${i}', 'format' = 'json');`,
    );
    lines.push(`CREATE VIEW v${i} AS`, `SELECT k, a * 2 AS a, b FROM t${i}`, 'WHERE a > 10;');
  }
  lines.push("CREATE TABLE o (k STRING, n BIGINT) WITH ('connector' = 'print');");
  for (let i = 0; i < 20; i++) {
    lines.push(
      'INSERT INTO o SELECT k, COUNT(*)',
      `FROM TABLE(TUMBLE(TABLE t${i}, DESCRIPTOR(ts), INTERVAL '10' SECOND))`,
      'GROUP BY k, window_start, window_end;',
      'INSERT INTO o SELECT x.k, COUNT(*)',
      `FROM v${i} AS x JOIN v${(i + 1) % 20} AS y ON x.k = y.k`,
      'GROUP BY x.k;',
    );
  }
  return lines.join('\n');
}
