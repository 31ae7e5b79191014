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

test('with a new authority the old one is still believed', async () => {
  const now = Date.now();
  const [authority, certificate] = (await certificateSecrets(job, {}, DAY, now)).changed;
  const next = await certificateSecrets(job, { authority, certificate }, DAY, now + 9 * DAY);
  const bundle = Buffer.from(next.changed[1].data['ca.crt'], 'base64').toString();
  expect(bundle.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
});
