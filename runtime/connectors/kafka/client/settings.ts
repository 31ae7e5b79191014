/**
 * From 'properties.*' options, named as Kafka's Java clients name them, to what a connection needs: so that the WITH clause
 * of a Flink job works as it stands.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { KafkaError } from '../errors.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ConnectionSettings {
  readonly bootstrap: readonly Address[];
  readonly clientId: string;
  readonly tls: ConnectionOptions | null;
  readonly sasl: { readonly mechanism: string; readonly username: string; readonly password: string } | null;
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
}

type Options = Readonly<Record<string, string>>;

/** Throws TW1302 for options that are missing or can't be had. Files are relative to `baseDir`. */
export function connectionSettings(options: Options, clientId: string, baseDir: string): ConnectionSettings {
  const servers = options['properties.bootstrap.servers'];
  if (!servers)
    throw new KafkaError('TW1302', `'properties.bootstrap.servers' is missing; give 'host:port[,host:port]'`);
  const protocol = (options['properties.security.protocol'] ?? 'PLAINTEXT').toUpperCase();
  if (!['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'].includes(protocol)) {
    throw new KafkaError(
      'TW1302',
      `'properties.security.protocol' is '${protocol}'; expected PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL`,
    );
  }
  return {
    bootstrap: servers.split(',').map(parseAddress),
    clientId: options['properties.client.id'] ?? clientId,
    tls: protocol.endsWith('SSL') ? tlsOptions(options, baseDir) : null,
    sasl: protocol.startsWith('SASL') ? saslOptions(options) : null,
    requestTimeoutMs: integer(options, 'properties.request.timeout.ms', 30_000),
    connectTimeoutMs: integer(options, 'properties.socket.connection.setup.timeout.ms', 10_000),
    retryBackoffMs: integer(options, 'properties.retry.backoff.ms', 50),
    retryBackoffMaxMs: integer(options, 'properties.retry.backoff.max.ms', 1_000),
  };
}

/** A non-negative whole number from an option. Throws TW1302 for other text. */
export function integer(options: Options, name: string, otherwise: number): number {
  const text = options[name];
  if (text === undefined) return otherwise;
  if (!/^\d+$/.test(text.trim())) throw new KafkaError('TW1302', `'${name}' is '${text}'; expected a whole number`);
  return Number(text);
}

function parseAddress(text: string): Address {
  const match = /^\s*(?:[A-Z_]+:\/\/)?(?:\[([^\]]+)\]|([^:\s]+)):(\d+)\s*$/.exec(text);
  if (!match) {
    throw new KafkaError('TW1302', `'properties.bootstrap.servers' has '${text.trim()}'; expected host:port`);
  }
  return { host: match[1] ?? match[2], port: Number(match[3]) };
}

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'];

function saslOptions(options: Options): NonNullable<ConnectionSettings['sasl']> {
  const mechanism = (options['properties.sasl.mechanism'] ?? 'PLAIN').toUpperCase();
  if (!MECHANISMS.includes(mechanism)) {
    throw new KafkaError('TW1302', `'properties.sasl.mechanism' is '${mechanism}'; expected ${MECHANISMS.join(', ')}`);
  }
  const jaas = options['properties.sasl.jaas.config'] ?? '';
  const username = options['properties.sasl.username'] ?? jaasField(jaas, 'username');
  const password = options['properties.sasl.password'] ?? jaasField(jaas, 'password');
  if (username === undefined || password === undefined) {
    throw new KafkaError(
      'TW1302',
      `SASL ${mechanism} needs a name and a password: give 'properties.sasl.username' and 'properties.sasl.password', or ` +
        `'properties.sasl.jaas.config' with username="…" password="…"`,
    );
  }
  return { mechanism, username, password };
}

function jaasField(jaas: string, name: string): string | undefined {
  const match = new RegExp(`\\b${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`).exec(jaas);
  return match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2];
}

function tlsOptions(options: Options, baseDir: string): ConnectionOptions {
  const tls: ConnectionOptions = {};
  const ca = pem(options, baseDir, 'ssl.truststore.certificates', 'ssl.truststore.location', 'ssl.truststore.type');
  if (ca) tls.ca = ca;
  const chain = pem(
    options,
    baseDir,
    'ssl.keystore.certificate.chain',
    'ssl.keystore.location',
    'ssl.keystore.type',
    true,
  );
  if (Buffer.isBuffer(chain)) {
    tls.pfx = chain;
    tls.passphrase = options['properties.ssl.keystore.password'];
  } else if (chain) {
    tls.cert = chain;
    tls.key = options['properties.ssl.keystore.key'] ?? chain;
    tls.passphrase = options['properties.ssl.key.password'];
  }
  if (options['properties.ssl.endpoint.identification.algorithm'] === '') tls.checkServerIdentity = () => undefined;
  return tls;
}

/** PEM text from an option or from a file; a PKCS#12 file's bytes where `pkcs12` allows it. */
function pem(
  options: Options,
  baseDir: string,
  text: string,
  location: string,
  type: string,
  pkcs12 = false,
): string | Buffer | undefined {
  const inline = options[`properties.${text}`];
  if (inline) return inline;
  const path = options[`properties.${location}`];
  if (!path) return undefined;
  const kind = (options[`properties.${type}`] ?? (/\.(p12|pfx)$/i.test(path) ? 'PKCS12' : 'PEM')).toUpperCase();
  let bytes: Buffer;
  try {
    bytes = readFileSync(resolve(baseDir, path));
  } catch (cause) {
    throw new KafkaError('TW1302', `'properties.${location}' names ${path}, which can't be read`, { cause });
  }
  if (kind === 'PEM') return bytes.toString();
  if (kind === 'PKCS12' && pkcs12) return bytes;
  throw new KafkaError(
    'TW1302',
    `'properties.${type}' is ${kind}, which can't be read here; give PEM, e.g. by: keytool -exportcert -rfc, or openssl`,
  );
}
