/**
 * Requests to URLs that others have chosen. A name is looked up once and each of its addresses checked, and the
 * connection goes to a checked address: no name can say one thing to the check and another to the connection. No
 * redirect is followed, and of an answer only the beginning is read.
 */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { parse } from 'ipaddr.js';

/** `public`: HTTPS to hosts of the Internet. `any`: plain HTTP, any port and this network, too. */
export type OutboundTargets = 'public' | 'any';

export interface OutboundCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Of the answer's body no more is read. */
  readonly maxAnswerBytes: number;
  readonly signal: AbortSignal;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly start: Uint8Array;
}

export interface Outbound {
  /** Why the URL is none to send to, for people; null for one that is. Its name is looked up only by a call. */
  faultOf(url: string): string | null;
  /** @throws {AddressForbidden} {@link NameNotFound}, and what `fetch` throws */
  post(call: OutboundCall): Promise<OutboundAnswer>;
}

export class NameNotFound extends Error {
  override readonly name = 'NameNotFound';
}

/** The URL, or what its name stands for, is not for us to reach. */
export class AddressForbidden extends Error {
  override readonly name = 'AddressForbidden';
}

/** The addresses of a name, as text. */
export type Resolve = (name: string) => Promise<readonly string[]>;

export interface OutboundOptions {
  readonly targets: OutboundTargets;
  readonly resolve?: Resolve;
  /** Believed beside the system's authorities: PEM. */
  readonly ca?: string;
}

const systemResolve: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

const MAX_URL_LENGTH = 2_048;
/** 443 is none at all, as URLs are written. */
const PORTS: readonly string[] = ['', '8443'];
/** Two labels or more, the last one no number; no dot at the end, which certificates do not know. */
const PUBLIC_NAME = /^([a-z\d_]([a-z\d_-]*[a-z\d_])?\.)+[a-z][a-z\d-]*[a-z\d]$/;
/** Names that are never anybody's on the Internet: RFC 6761, RFC 6762, RFC 8375, and ICANN's `internal`. */
const OURS_ALONE = /\.(localhost|local|internal|home\.arpa)$/;

export function createOutbound({ targets, resolve = systemResolve, ca }: OutboundOptions): Outbound {
  const faultOf = targets === 'any' ? shapeFault : publicFault;
  const isForbidden = targets === 'any' ? () => false : (address: string) => !isPublicAddress(address);
  return {
    faultOf,
    post: async ({ url, headers, body, maxAnswerBytes, signal }) => {
      const fault = faultOf(url);
      if (fault !== null) throw new AddressForbidden(fault);
      const target = new URL(url);
      const addresses = await addressesOf(target.hostname, resolve, signal);
      const forbidden = addresses.find(isForbidden);
      if (forbidden !== undefined) throw new AddressForbidden(`${target.hostname} stands for ${forbidden}`);
      const response = await fetch(at(target, oneOf(addresses)), {
        ...{ method: 'POST', redirect: 'manual', keepalive: false, decompress: false, signal, body },
        headers: { ...headers, host: target.host },
        tls: { serverName: target.hostname, ...(ca === undefined ? {} : { ca }) },
      });
      return { status: response.status, start: await startOf(response, maxAnswerBytes) };
    },
  };
}

/**
 * Whether an address is some host's on the Internet: what is private, local, shared, translated, tunnelled, multicast or
 * reserved is not. Of IPv6 only 2000::/3 is given out: IANA's registry, and `::127.0.0.1` lies outside.
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0) return false;
  const address = parse(text);
  if (address.range() !== 'unicast') return false;
  if (address.kind() === 'ipv4') return !HOST_SERVICES.includes(text);
  const [first = 0] = address.toByteArray();
  return first >> 5 === 0b001;
}

/** Azure's own services to its virtual machines, on a public address. */
const HOST_SERVICES: readonly string[] = ['168.63.129.16'];

function shapeFault(text: string): string | null {
  const url = text.length <= MAX_URL_LENGTH && URL.canParse(text) ? new URL(text) : null;
  if (url === null) return `must be a URL of at most ${MAX_URL_LENGTH} characters`;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https://';
  if (url.username !== '' || url.password !== '') return 'must not have credentials in it';
  return text.includes('#') ? 'must not have a fragment' : null;
}

function publicFault(text: string): string | null {
  const fault = shapeFault(text);
  if (fault !== null) return fault;
  const { protocol, hostname, port } = new URL(text);
  if (protocol !== 'https:') return 'must begin with https://';
  if (!PORTS.includes(port)) return 'must be at port 443 or 8443';
  const isName = PUBLIC_NAME.test(hostname) && !OURS_ALONE.test(hostname);
  return isName ? null : 'must name a host on the Internet, by a name that is not an address';
}

async function addressesOf(
  hostname: string,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0) return [literal];
  const addresses = await untilAborted(resolve(hostname), signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new NameNotFound(`${hostname} was not found`, { cause });
  });
  if (addresses.length === 0) throw new NameNotFound(`${hostname} has no address`);
  return addresses;
}

/** A look-up cannot be called off: it is waited for no longer. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, aborted]);
}

/** At random, so that the next attempt may find another one well. IPv4 where there is any: it is everywhere. */
function oneOf(addresses: readonly string[]): string {
  const v4 = addresses.filter((address) => isIP(address) === 4);
  const candidates = v4.length > 0 ? v4 : addresses;
  return candidates[Math.floor(Math.random() * candidates.length)] ?? '';
}

function at(target: URL, address: string): URL {
  const url = new URL(target);
  url.hostname = isIP(address) === 6 ? `[${address}]` : address;
  return url;
}

async function startOf(response: Response, maxBytes: number): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const pieces: Uint8Array[] = [];
  for (let bytes = 0; reader !== undefined && bytes < maxBytes; ) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    bytes += value.byteLength;
  }
  await reader?.cancel();
  return Buffer.concat(pieces).subarray(0, maxBytes);
}
