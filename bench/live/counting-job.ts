/**
 * The job of the suites `state`, `recovery` and `rescale`: keys with a text of their own, counted. First every key comes once, as
 * fast as it goes; meanwhile and then without end, keys drawn at random come at a steady rate, and a part of them is printed.
 */

export interface CountingJob {
  readonly keys: number;
  /** Length of the text that is kept with each key. */
  readonly textLength: number;
  readonly changesPerS: number;
  readonly checkpointEvery: string;
  /** One in as many changes is printed. */
  readonly printOneIn: number;
}

export function countingJob(job: CountingJob): string {
  const generated = (more: string) =>
    `'connector' = 'datagen', 'fields.pad.length' = '${job.textLength}', 'splits' = '16', ${more}`;
  return `SET 'execution.checkpointing.interval' = '${job.checkpointEvery}';
SET 'execution.checkpointing.mode' = 'EXACTLY_ONCE';
CREATE TABLE filling (id BIGINT, pad STRING) WITH (${generated(
    `'rows-per-second' = '0', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '${job.keys - 1}'`,
  )});
CREATE TABLE changing (id BIGINT, pad STRING) WITH (${generated(
    `'rows-per-second' = '${job.changesPerS}', 'fields.id.min' = '0', 'fields.id.max' = '${job.keys - 1}'`,
  )});
CREATE TABLE shown (id BIGINT, n BIGINT) WITH ('connector' = 'print');
INSERT INTO shown
SELECT id, n FROM (
  SELECT id, COUNT(*) AS n, LAST_VALUE(pad) AS pad
  FROM (SELECT id, pad FROM filling UNION ALL SELECT id, pad FROM changing) GROUP BY id
) WHERE n > 1 AND MOD(id + 7 * n, ${job.printOneIn}) = 0 AND pad <> '';
`;
}
