import { expect, test } from '@jest/globals';
import { Audit } from '../../../operator/kube/audit.js';
import { diffOf, leavesOf } from '../../../operator/kube/audit-diff.js';
import { KubeError } from '../../../operator/kube/kube-error.js';

function audited(): { audit: Audit; lines: Record<string, any>[] } {
  const lines: Record<string, any>[] = [];
  const log = { info: (fields: object) => lines.push(fields as never) };
  return { audit: new Audit(log as never), lines };
}
const set = (replicas: number, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'ids-runner', namespace: 'n' },
  spec: {
    replicas,
    template: { containers: [{ name: 'main', image: 'a:1', env: [{ name: 'KEY', value: 's3cret' }], ...more }] },
  },
});
const apply = (sent: ReturnType<typeof set>) =>
  ({ verb: 'apply', kind: 'StatefulSet', namespace: 'n', name: 'ids-runner', fieldManager: 'm', sent }) as const;

test('a line says who changed what, how, and for which generation', async () => {
  const { audit, lines } = audited();
  await audit.during({ resource: 'StreamJob n/ids', generation: 3 }, async () => audit.wrote(apply(set(1))));
  await audit.during({ resource: 'StreamJob n/ids', generation: 4 }, async () => {
    await null;
    audit.wrote(apply(set(3)));
  });
  const about = {
    audit: true,
    verb: 'apply',
    kind: 'StatefulSet',
    namespace: 'n',
    name: 'ids-runner',
    fieldManager: 'm',
  };
  expect(lines).toEqual([
    { ...about, for: 'StreamJob n/ids', generation: 3, outcome: 'ok' },
    { ...about, for: 'StreamJob n/ids', generation: 4, outcome: 'ok', diff: ['spec.replicas: 1 → 3'] },
  ]);
});

test('a write that changes nothing, a status, an event and a lease make no line', () => {
  const { audit, lines } = audited();
  audit.wrote(apply(set(1)));
  audit.wrote(apply(set(1)));
  audit.wrote({ verb: 'apply', kind: 'StreamJob', name: 'a', subresource: 'status', sent: {} });
  audit.wrote({ verb: 'create', kind: 'Event', name: 'a', sent: {} });
  audit.wrote({ verb: 'replace', kind: 'Lease', name: 'a', sent: {} });
  expect(lines).toHaveLength(1);
});

test('a write that was refused is told with its code', () => {
  const { audit, lines } = audited();
  audit.wrote({ ...apply(set(1)), error: new KubeError(403, 'Forbidden', 'no') });
  audit.wrote({ verb: 'delete', kind: 'Pod', namespace: 'n', name: 'p' });
  expect(lines.map((l) => [l.verb, l.outcome])).toEqual([
    ['apply', 'TW6001'],
    ['delete', 'ok'],
  ]);
});

test('no value of a Secret, an environment variable, a program or an annotation is in a line', () => {
  const secret = (value: string) =>
    leavesOf('Secret', { kind: 'Secret', data: { key: value }, metadata: { name: 'x' } });
  expect(diffOf(secret('one'), secret('two'))).toEqual(['data.key: changed']);
  const env = (value: string) => leavesOf('StatefulSet', set(1, { env: [{ name: 'KEY', value }] }));
  expect(diffOf(env('one'), env('two'))).toEqual(['spec.template.containers[main].env[KEY].value: changed']);
  const map = (text: string) => leavesOf('ConfigMap', { data: { 'job.json': text } });
  expect(diffOf(new Map(), map('password=x'))).toEqual(['data.job.json: set']);
  expect([...secret('one').values(), ...env('one').values(), ...map('one').values()].join(' ')).not.toMatch(/\bone\b/);
});

test('images and numbers are shown, what is gone is told, and a long diff is cut', () => {
  const before = leavesOf('StatefulSet', set(1));
  const now = leavesOf('StatefulSet', set(1, { image: 'a:2', env: undefined }));
  expect(diffOf(before, now)).toEqual([
    'spec.template.containers[main].env[KEY].name: removed',
    'spec.template.containers[main].env[KEY].value: removed',
    'spec.template.containers[main].image: a:1 → a:2',
  ]);
  const many = leavesOf('X', { a: Array.from({ length: 50 }, (_, i) => i) });
  expect(diffOf(new Map(), many).at(-1)).toBe('and 20 more');
});
