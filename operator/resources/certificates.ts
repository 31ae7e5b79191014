/**
 * A certificate authority per job and a certificate signed by it, for mutual TLS between coordinator and runners. Both are
 * renewed when two thirds of their time have passed; `ca.crt` then holds the old and the new authority, so that pods that have
 * not read the new files yet are still believed.
 */
import { webcrypto, X509Certificate } from 'node:crypto';
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
/** When the next authority was made known. */
const INTRODUCED = 'tidewheel.dev/next-since';
/** Pods have read a changed Secret after that long at the latest: kubelets look every minute or so. */
const OVERLAP_MS = 5 * 60_000;
const encode = (text: string) => Buffer.from(text).toString('base64');
const decode = (text: string | undefined) => Buffer.from(text ?? '', 'base64').toString();

interface Authorities {
  readonly signing: KeyPair;
  /** Known to all, signs nothing yet. */
  readonly next?: KeyPair & { readonly sinceMs: number };
  /** Signs nothing any more; what it signed is still believed. */
  readonly previous?: string;
}

/**
 * What the two Secrets should be now; `changed` is empty while nothing is due. An authority is replaced in two steps, so that at no
 * time a pod meets a certificate whose authority it doesn't know: first all pods learn the next one, then it signs.
 */
export async function certificateSecrets(
  job: StreamJob,
  present: { readonly authority?: KubeObject; readonly certificate?: KubeObject },
  lifetimeMs: number,
  nowMs: number,
): Promise<{ readonly changed: KubeObject[]; readonly dueMs: number }> {
  const names = namesOf(job);
  const overlapMs = Math.min(OVERLAP_MS, lifetimeMs / 6);
  const before = authoritiesOf(present.authority);
  const authorities = await renewAuthorities(job, before, lifetimeMs, overlapMs, nowMs);
  const { signing, next } = authorities;
  const bundle = bundleOf(authorities, nowMs);
  const changed: KubeObject[] = [];
  if (authorities !== before) changed.push(authoritySecret(job, authorities, bundle));
  const old = keyPairOf(present.certificate);
  const isSigned = old !== undefined && before !== undefined && before.signing.certificate === signing.certificate;
  let certificate = old;
  if (!certificate || !isSigned || isDue(certificate.notAfterMs, lifetimeMs, nowMs)) {
    const hosts = [names.coordinator, names.coordinatorHost, `*.${names.runner}`];
    certificate = await newCertificate(signing, job.metadata.name.slice(0, 64), hosts, lifetimeMs, nowMs);
  }
  if (certificate !== old || decode(present.certificate?.data?.['ca.crt']) !== bundle) {
    changed.push(secret(job, names.certificate, certificate, bundle));
  }
  const authorityDueMs = next ? next.sinceMs + overlapMs : signing.notAfterMs - (lifetimeMs * AUTHORITY_LIVES) / 3;
  const certificateDueMs = certificate.notAfterMs - lifetimeMs / 3;
  return { changed, dueMs: Math.min(authorityDueMs, certificateDueMs) - nowMs };
}

/** The very same value when nothing is due. */
async function renewAuthorities(
  job: StreamJob,
  before: Authorities | undefined,
  lifetimeMs: number,
  overlapMs: number,
  nowMs: number,
): Promise<Authorities> {
  const make = () => newAuthority(`tidewheel job ${job.metadata.name}`.slice(0, 64), lifetimeMs, nowMs);
  if (!before || before.signing.notAfterMs <= nowMs) return { signing: await make() };
  const { signing, next } = before;
  if (next && nowMs >= next.sinceMs + overlapMs) return { signing: next, previous: signing.certificate };
  if (!next && isDue(signing.notAfterMs, lifetimeMs * AUTHORITY_LIVES, nowMs)) {
    return { ...before, next: { ...(await make()), sinceMs: nowMs } };
  }
  return before;
}

/** The authorities that are believed: the signing one first. */
function bundleOf({ signing, next, previous }: Authorities, nowMs: number): string {
  const isAlive = previous !== undefined && Date.parse(new X509Certificate(previous).validTo) > nowMs;
  return [signing.certificate, next?.certificate, isAlive ? previous : undefined]
    .flatMap((pem) => (pem === undefined ? [] : `${pem.trim()}\n`))
    .join('');
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

function authoritiesOf(object: KubeObject | undefined): Authorities | undefined {
  const signing = keyPairOf(object);
  if (!object || !signing) return undefined;
  const since = object.metadata.annotations?.[INTRODUCED];
  const { 'next.crt': certificate, 'next.key': key, 'previous.crt': previous } = object.data;
  const next =
    since && certificate && key
      ? {
          certificate: decode(certificate),
          key: decode(key),
          notAfterMs: Date.parse(new X509Certificate(decode(certificate)).validTo),
          sinceMs: Date.parse(since),
        }
      : undefined;
  return { signing, ...(next ? { next } : {}), ...(previous ? { previous: decode(previous) } : {}) };
}

function authoritySecret(job: StreamJob, { signing, next, previous }: Authorities, bundle: string): KubeObject {
  const made = secret(job, namesOf(job).authority, signing, bundle);
  const annotations = { ...made.metadata.annotations };
  const data: Record<string, string> = { ...made.data };
  if (next) {
    annotations[INTRODUCED] = new Date(next.sinceMs).toISOString();
    data['next.crt'] = encode(next.certificate);
    data['next.key'] = encode(next.key);
  }
  if (previous !== undefined) data['previous.crt'] = encode(previous);
  return { ...made, metadata: { ...made.metadata, annotations }, data };
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
