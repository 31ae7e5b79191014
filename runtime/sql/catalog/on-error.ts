import type { OnError } from '../../graph/plan.js';

const PREFIX = 'dead-letter.';

/** What a source's options say of records that can't be read; the `dead-letter.*` options are a sink's, without the prefix. */
export function onErrorOf(options: Readonly<Record<string, string>>): OnError {
  const policy = options['on-error'] ?? 'fail';
  if (policy === 'skip') return { policy };
  if (policy !== 'dead-letter') return { policy: 'fail' };
  const sink = Object.entries(options).flatMap(([key, value]) =>
    key.startsWith(PREFIX) ? [[key.slice(PREFIX.length), value]] : [],
  );
  return { policy, options: Object.fromEntries(sink) };
}
