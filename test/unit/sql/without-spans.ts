/** A tree as plain data without its spans and without fields that are undefined, to compare what was said, not where. */
export function withoutSpans(tree: unknown): unknown {
  return JSON.parse(
    JSON.stringify(tree, (key, value) => (key === 'span' || key === 'definitionSpan' ? undefined : value)),
  );
}
