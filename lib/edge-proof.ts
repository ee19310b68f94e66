/**
 * What the edge proves to the origin, as texts to be put through HMAC-SHA-256 with the secret that both have. A pass
 * tells no more than that the edge asks, in these seconds: it goes with reads that are the same for everybody. A
 * signature is for one call of one client, and covers what the call may do and on whose behalf.
 */

import {
  BODY_DIGEST_HEADER,
  CART_TOKEN_HEADER,
  CLIENT_IP_HEADER,
  REQUEST_ID_HEADER,
  TIME_LEFT_HEADER,
} from './edge-contract.ts';

/** For so long the edge uses the same pass. */
const PASS_LIFE_MS = 5_000;

/** What a call is beside its line: changed on the way, each of them would make it another call. */
const SIGNED_HEADERS = [
  CLIENT_IP_HEADER,
  REQUEST_ID_HEADER,
  BODY_DIGEST_HEADER,
  'authorization',
  CART_TOKEN_HEADER,
  'idempotency-key',
  'if-match',
] as const;

/** Of a request that carries one of them a pass is no proof: it speaks for somebody. */
export const CLIENT_HEADERS = [CLIENT_IP_HEADER, 'authorization', 'cookie', CART_TOKEN_HEADER] as const;

export interface EdgeCall {
  readonly method: string;
  /** Path and query as they go over the wire. */
  readonly target: string;
  readonly headers: { get(name: string): string | null };
}

/** `kind`, when it was made in milliseconds since 1970, and the code over it, in base64url. */
export interface EdgeProof {
  readonly kind: 'pass' | 'call';
  readonly madeAt: number;
  readonly code: string;
}

/** A line a field; no field can hold a line break. */
export function passText(madeAt: number): string {
  return `hotshelf-edge pass\n${madeAt}`;
}

export function callText({ method, target, headers }: EdgeCall, madeAt: number): string {
  const fields = SIGNED_HEADERS.map((name) => headers.get(name) ?? '');
  // Last, and absent where it is: edges that do not say it yet are believed by origins that listen for it.
  const timeLeft = headers.get(TIME_LEFT_HEADER);
  const all = timeLeft === null ? fields : [...fields, timeLeft];
  return ['hotshelf-edge call', madeAt, method, target, ...all].join('\n');
}

export function formatProof({ kind, madeAt, code }: EdgeProof): string {
  return `${kind}.${madeAt}.${code}`;
}

const PROOF = /^(pass|call)\.(\d{1,15})\.([\w-]{43})$/;

export function parseProof(text: string): EdgeProof | null {
  const [, kind, madeAt, code] = PROOF.exec(text) ?? [];
  if ((kind !== 'pass' && kind !== 'call') || madeAt === undefined || code === undefined) return null;
  return { kind, madeAt: Number(madeAt), code };
}

/** When the pass in use at this moment was made. */
export function passTime(nowMs: number): number {
  return nowMs - (nowMs % PASS_LIFE_MS);
}

/** Path and query of a URL as they stand in it. */
export function targetOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  return start === -1 ? '/' : (url.slice(start).split('#', 1)[0] ?? '/');
}
