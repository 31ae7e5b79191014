import { X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { StreamJob } from '../../../api/index.js';
import type { KubeObject } from '../../../operator/kube/objects.js';
import { certificateSecrets } from '../../../operator/resources/certificates.js';

const DAY = 86_400_000;
const job = {
  apiVersion: 'tidewheel.dev/v1alpha1',
  kind: 'StreamJob',
  metadata: { name: 'a', namespace: 'n', uid: 'u' },
} as StreamJob;
const read = (secret: KubeObject, file: string) => new X509Certificate(Buffer.from(secret.data[file], 'base64'));

test('the certificate is signed by the authority, renewed after two thirds of its time, and the authority lives on', async () => {
  const now = Date.now();
  const first = await certificateSecrets(job, {}, 30 * DAY, now);
  const [authority, certificate] = first.changed;
  expect(read(certificate, 'tls.crt').verify(read(authority, 'ca.crt').publicKey)).toBe(true);
  expect(read(certificate, 'tls.crt').checkHost('a-coordinator.n.svc')).toBeDefined();
  const present = { authority, certificate };
  expect((await certificateSecrets(job, present, 30 * DAY, now + 19 * DAY)).changed).toEqual([]);
  const renewed = await certificateSecrets(job, present, 30 * DAY, now + 21 * DAY);
  expect(renewed.changed.map((s) => s.metadata.name)).toEqual(['a-tls']);
  expect(read(renewed.changed[0], 'tls.crt').verify(read(authority, 'ca.crt').publicKey)).toBe(true);
});

/** The Secrets as they are after what was due at a time. */
async function after(present: Secrets, nowMs: number): Promise<Secrets> {
  const { changed } = await certificateSecrets(job, present, DAY, nowMs);
  const of = (name: string) => changed.find((s) => s.metadata.name === name);
  return { authority: of('a-ca') ?? present.authority, certificate: of('a-tls') ?? present.certificate };
}
interface Secrets {
  readonly authority?: KubeObject;
  readonly certificate?: KubeObject;
}
const bundle = (secret?: KubeObject) =>
  Buffer.from(secret?.data['ca.crt'], 'base64')
    .toString()
    .match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? [];
const isBelieved = (leaf: KubeObject, by: KubeObject) =>
  bundle(by).some((pem) => read(leaf, 'tls.crt').verify(new X509Certificate(pem).publicKey));

test('a new authority signs only when all pods have had time to learn of it, and the old one is believed on', async () => {
  const now = Date.now();
  const first = await after({}, now);
  // Two thirds of twelve lifetimes have passed.
  const due = now + 9 * DAY;
  const introduced = await after(first, due);
  expect(bundle(introduced.certificate)).toHaveLength(2);
  expect(read(introduced.certificate!, 'tls.crt').verify(read(introduced.authority!, 'tls.crt').publicKey)).toBe(true);
  // A pod that has not read the new files, and one that has: each believes the other.
  expect(isBelieved(introduced.certificate!, first.certificate!)).toBe(true);
  expect((await certificateSecrets(job, introduced, DAY, due + 60_000)).changed).toEqual([]);
  const promoted = await after(introduced, due + 6 * 60_000);
  expect(read(promoted.authority!, 'tls.crt').fingerprint256).not.toBe(
    read(first.authority!, 'tls.crt').fingerprint256,
  );
  expect(isBelieved(promoted.certificate!, introduced.certificate!)).toBe(true);
  expect(isBelieved(introduced.certificate!, promoted.certificate!)).toBe(true);
  // The old one has expired: it is believed no longer.
  const later = await after(promoted, now + 12 * DAY + 1000);
  expect(bundle(later.certificate)).toHaveLength(1);
});

test('at whatever time it is looked, pods with files of two looks in a row believe each other', async () => {
  let nowMs = Date.now();
  let present = await after({}, nowMs);
  for (let look = 0; look < 130; look++) {
    nowMs += DAY / 12;
    const next = await after(present, nowMs);
    expect(isBelieved(next.certificate!, present.certificate!)).toBe(true);
    expect(isBelieved(present.certificate!, next.certificate!)).toBe(true);
    expect(Date.parse(read(next.certificate!, 'tls.crt').validTo)).toBeGreaterThan(nowMs);
    present = next;
  }
});

test('it says when to look again', async () => {
  const now = Date.now();
  const { dueMs, changed } = await certificateSecrets(job, {}, DAY, now);
  expect(dueMs).toBe((DAY * 2) / 3);
  const [authority, certificate] = changed;
  const introduced = await certificateSecrets(job, { authority, certificate }, DAY, now + 9 * DAY);
  expect(introduced.dueMs).toBe(5 * 60_000);
});
