import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../provision/run-tool.js';
import { freePort } from '../server/port.js';

/** Further ways in to a broker started with `secured: true`, beside its plain listener. */
export interface SecuredListeners {
  /** TLS without a password. A client certificate is asked for, not demanded. */
  readonly tls: string;
  readonly saslPlaintext: string;
  readonly saslTls: string;
  /** Known to PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
  readonly username: string;
  readonly password: string;
  /** PEM files: the broker's certificate is its own authority, and any client may show it too. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export const SASL_USER = 'alice';
export const SASL_PASSWORD = 'alice-secret';

const SCRAM = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

/** What the storage folder must be formatted with, because SCRAM credentials live in the cluster's metadata. */
export const SCRAM_FORMAT_ARGS = SCRAM.flatMap((mechanism) => [
  '--add-scram',
  `${mechanism}=[name=${SASL_USER},password=${SASL_PASSWORD}]`,
]);

/** Makes a certificate in `dir` and answers the listeners with the broker properties that open them. Needs openssl. */
export async function securedListeners(
  dir: string,
): Promise<{ listeners: SecuredListeners; addresses: string[]; properties: Record<string, string> }> {
  const certFile = join(dir, 'cert.pem');
  const keyFile = join(dir, 'key.pem');
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=localhost'];
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  await runTool('openssl', [...request, ...names, '-keyout', keyFile, '-out', certFile], {
    purpose: 'make a certificate for the broker',
  });
  const keystore = join(dir, 'keystore.pem');
  await writeFile(keystore, (await readFile(keyFile, 'utf8')) + (await readFile(certFile, 'utf8')));
  const at = async () => `127.0.0.1:${await freePort()}`;
  const listeners = {
    tls: await at(),
    saslPlaintext: await at(),
    saslTls: await at(),
    username: SASL_USER,
    password: SASL_PASSWORD,
    caFile: certFile,
    certFile,
    keyFile,
  };
  const properties: Record<string, string> = {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': certFile,
    'ssl.client.auth': 'requested',
    'sasl.enabled.mechanisms': ['PLAIN', ...SCRAM].join(','),
  };
  const login = 'org.apache.kafka.common.security';
  for (const listener of ['saslplain', 'sasltls']) {
    const plain = `${login}.plain.PlainLoginModule required user_${SASL_USER}="${SASL_PASSWORD}";`;
    properties[`listener.name.${listener}.plain.sasl.jaas.config`] = plain;
    for (const mechanism of SCRAM) {
      const scram = `${login}.scram.ScramLoginModule required;`;
      properties[`listener.name.${listener}.${mechanism.toLowerCase()}.sasl.jaas.config`] = scram;
    }
  }
  return {
    listeners,
    addresses: [`TLS://${listeners.tls}`, `SASLPLAIN://${listeners.saslPlaintext}`, `SASLTLS://${listeners.saslTls}`],
    properties,
  };
}

/** The security of each listener name above. */
export const SECURED_PROTOCOLS = 'TLS:SSL,SASLPLAIN:SASL_PLAINTEXT,SASLTLS:SASL_SSL';
