/** How the servers behind an address are believed: TLS 1.3, and a certificate for the very host of the address. */

import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { ConfigError } from '#lib/config.ts';

const MIN_VERSION = 'TLSv1.3';

export interface VerifiedTls {
  readonly minVersion: typeof MIN_VERSION;
  readonly rejectUnauthorized: true;
  readonly servername?: string;
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined;
  /** In the place of the authorities that everybody knows. */
  readonly ca?: string;
}

/**
 * @param caFile of a private authority; without it those that everybody knows
 * @throws {ConfigError} when the file cannot be read
 */
export function verifiedTls(host: string, caFile: string | undefined): VerifiedTls {
  const name = host.replace(/^\[|\]$/g, '');
  return {
    minVersion: MIN_VERSION,
    rejectUnauthorized: true,
    // Drivers leave the name out for an address, and what is checked then is another one.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    ...(caFile === undefined ? {} : { ca: readPem(caFile) }),
  };
}

/** @throws {ConfigError} when the file cannot be read or holds no PEM */
export function readPem(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.includes('-----BEGIN ')) return text;
  } catch {
    throw new ConfigError(`The file ${file} cannot be read.`);
  }
  throw new ConfigError(`The file ${file} holds no PEM.`);
}

export interface DatabaseAddress {
  /** Without what only this file understands. */
  readonly url: string;
  readonly ssl: VerifiedTls | undefined;
}

/**
 * Reads `sslmode` and `sslrootcert` as libpq does, so that one address serves psql and us.
 * @throws {ConfigError} for a mode that encrypts to whoever answers
 */
export function databaseAddress(address: string): DatabaseAddress {
  if (!address.includes('?')) return { url: address, ssl: undefined };
  const url = new URL(address);
  const mode = url.searchParams.get('sslmode');
  const rootCertificate = url.searchParams.get('sslrootcert');
  url.searchParams.delete('sslmode');
  url.searchParams.delete('sslrootcert');
  if (mode === 'verify-full') {
    return { url: url.href, ssl: verifiedTls(url.hostname, rootCertificate ?? undefined) };
  }
  if (mode !== null && mode !== 'disable') {
    throw new ConfigError('sslmode in a database address is verify-full or disable.');
  }
  if (rootCertificate !== null) {
    throw new ConfigError('sslrootcert in a database address wants sslmode=verify-full beside it.');
  }
  return { url: url.href, ssl: undefined };
}
