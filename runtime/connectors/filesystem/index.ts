/**
 * Files and folders as source and sink.
 *
 * Source: paths.ts finds files, splits.ts cuts them into splits, chunk-reader.ts reads one ahead in large chunks, split-reader.ts
 * finds the records of a split in them, source.ts goes from split to split.
 * Sink: append-file.ts writes in the background; single-file.ts keeps one file right by its length, part-files.ts by renaming.
 */
export { sink } from './sink.js';
export { source } from './source.js';
