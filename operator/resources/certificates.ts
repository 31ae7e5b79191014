/**
 * A certificate authority per job and a certificate signed by it, for mutual TLS between coordinator and runners. Both are
 * renewed when two thirds of their time have passed; `ca.crt` then holds the old and the new authority, so that pods that have
 * not read the new files yet are still believed.
 */
import { webcrypto } from 'node:crypto';
import type { StreamJob } from '../../api/index.js';
import type { KubeObject } from '../kube/objects.js';
import { metaOf, namesOf } from './names.js';

export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
  readonly notAfterMs: number;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const AUTHORITY_LIVES = 12;
/** Clocks of nodes differ a little. */
const SKEW_MS = 5 * 60_000;

async function library(): Promise<typeof import('@peculiar/x509')> {
  // It looks for metadata of decorators when it is loaded.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto as never);
  return x509;
}

/** Whether two thirds of a lifetime that ends at `notAfterMs` have passed. */
export function isDue(notAfterMs: number, lifetimeMs: number, nowMs: number): boolean {
  return nowMs > notAfterMs - lifetimeMs / 3;
}

export async function newAuthority(name: string, lifetimeMs: number, nowMs: number): Promise<KeyPair> {
  const x509 = await library();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const notAfterMs = nowMs + lifetimeMs * AUTHORITY_LIVES;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(nowMs - SKEW_MS),
    notAfter: new Date(notAfterMs),
    signingAlgorithm: ALGORITHM,
    keys: keys as never,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await pemOf(keys.privateKey), notAfterMs };
}

export async function newCertificate(
  authority: KeyPair,
  name: string,
  hosts: readonly string[],
  lifetimeMs: number,
  nowMs: number,
): Promise<KeyPair> {
  const x509 = await library();
  const issuer = new x509.X509Certificate(authority.certificate);
  const der = Buffer.from(authority.key.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const notAfterMs = Math.min(nowMs + lifetimeMs, authority.notAfterMs);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: issuer.subject,
    notBefore: new Date(nowMs - SKEW_MS),
    notAfter: new Date(notAfterMs),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey as never,
    signingKey: signingKey as never,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: 'dns' as const, value }))),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await pemOf(keys.privateKey), notAfterMs };
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/(.{64})/g, '$1\n').trimEnd()}\n-----END PRIVATE KEY-----\n`;
}

const EXPIRES = 'tidewheel.dev/not-after';
const encode = (text: string) => Buffer.from(text).toString('base64');
const decode = (text: string | undefined) => Buffer.from(text ?? '', 'base64').toString();

/** What the two Secrets should be now; `changed` is empty while nothing is due. */
export async function certificateSecrets(
  job: StreamJob,
  present: { readonly authority?: KubeObject; readonly certificate?: KubeObject },
  lifetimeMs: number,
  nowMs: number,
): Promise<{ readonly changed: KubeObject[]; readonly dueMs: number }> {
  const names = namesOf(job);
  const changed: KubeObject[] = [];
  let authority = keyPairOf(present.authority);
  let bundle = decode(present.authority?.data?.['ca.crt']);
  let isNew = false;
  if (!authority || isDue(authority.notAfterMs, lifetimeMs * AUTHORITY_LIVES, nowMs)) {
    const old = authority && authority.notAfterMs > nowMs ? authority.certificate : '';
    authority = await newAuthority(`tidewheel job ${job.metadata.name}`.slice(0, 64), lifetimeMs, nowMs);
    bundle = `${authority.certificate.trim()}\n${old}`;
    changed.push(secret(job, names.authority, authority, bundle));
    isNew = true;
  }
  let certificate = keyPairOf(present.certificate);
  if (!certificate || isNew || isDue(certificate.notAfterMs, lifetimeMs, nowMs)) {
    const hosts = [names.coordinator, names.coordinatorHost, `*.${names.runner}`];
    certificate = await newCertificate(authority, job.metadata.name.slice(0, 64), hosts, lifetimeMs, nowMs);
    changed.push(secret(job, names.certificate, certificate, bundle));
  }
  return { changed, dueMs: certificate.notAfterMs - lifetimeMs / 3 - nowMs };
}

function keyPairOf(object: KubeObject | undefined): KeyPair | undefined {
  const notAfter = object?.metadata.annotations?.[EXPIRES];
  if (!object || !notAfter || !object.data?.['tls.key']) return undefined;
  return {
    certificate: decode(object.data['tls.crt']),
    key: decode(object.data['tls.key']),
    notAfterMs: Date.parse(notAfter),
  };
}

function secret(job: StreamJob, name: string, pair: KeyPair, bundle: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { ...metaOf(job, name), annotations: { [EXPIRES]: new Date(pair.notAfterMs).toISOString() } },
    data: { 'ca.crt': encode(bundle), 'tls.crt': encode(pair.certificate), 'tls.key': encode(pair.key) },
  };
}
