/**
 * Loaded before a pod's program (`--import`): names of Services lead to their pods. The file named by TIDEWHEEL_TEST_HOSTS maps
 * `name.namespace.svc` to an address, and is read anew for every look-up.
 */
import dns from 'node:dns';
import { readFileSync } from 'node:fs';

type Callback = (error: Error | null, address: unknown, family?: number) => void;

const file = process.env.TIDEWHEEL_TEST_HOSTS ?? '';
const ordinary = dns.lookup;

dns.lookup = ((name: string, options: any, callback: Callback) => {
  if (!name.endsWith('.svc')) return (ordinary as any)(name, options, callback);
  const done = typeof options === 'function' ? (options as Callback) : callback;
  const address = JSON.parse(readFileSync(file, 'utf8'))[name];
  if (address === undefined) done(Object.assign(new Error(`no Service ${name}`), { code: 'ENOTFOUND' }), undefined);
  else if (options?.all) done(null, [{ address, family: 4 }]);
  else done(null, address, 4);
}) as typeof dns.lookup;
