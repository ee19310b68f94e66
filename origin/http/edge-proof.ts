/** Proofs of the edge (`lib/edge-proof.ts`) as the origin checks them, and as whoever stands in for the edge makes them. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Clock, SECOND_MS } from '#lib/clock.ts';
import {
  BODY_DIGEST_HEADER,
  CLIENT_IP_HEADER,
  EDGE_PROOF_HEADER,
  REQUEST_ID_HEADER,
} from '#lib/edge-contract.ts';
import {
  CLIENT_HEADERS,
  callText,
  type EdgeProof,
  formatProof,
  parseProof,
  passText,
  passTime,
  targetOf,
} from '#lib/edge-proof.ts';

export interface EdgeProofConfig {
  readonly EDGE_SECRET: string;
  readonly EDGE_SECRET_PREVIOUS?: string;
  readonly EDGE_CLOCK_SKEW_SECONDS: number;
}

export interface EdgeProofs {
  /** Whether this is a pass that is good now; what has been checked once costs a look into a table. */
  isPass(proof: string | null): boolean;
  /**
   * Null for a request that came through the edge: by a pass where it speaks for nobody, else by its own signature,
   * which is good for one write in this process.
   */
  faultOf(request: Request): ProofFault | null;
}

export type ProofFault =
  | 'missing'
  | 'malformed'
  | 'out_of_time'
  | 'forged'
  | 'pass_for_somebody'
  | 'replayed';

/** As many writes as an origin process does not take within the life of a proof; beyond them the oldest are forgotten. */
const MAX_SEEN = 100_000;

export function createEdgeProofs(config: EdgeProofConfig, clock: Clock): EdgeProofs {
  const { EDGE_SECRET, EDGE_SECRET_PREVIOUS, EDGE_CLOCK_SKEW_SECONDS } = config;
  const secrets = EDGE_SECRET_PREVIOUS === undefined ? [EDGE_SECRET] : [EDGE_SECRET, EDGE_SECRET_PREVIOUS];
  const skewMs = EDGE_CLOCK_SKEW_SECONDS * SECOND_MS;
  /** Good ones only, and so few: one for each secret and moment. With when each was made. */
  const passes = new Map<string, number>();
  /**
   * Writes that were let in, by their signatures. Another process has not seen them: between processes a captured write
   * is kept from a second effect by its Idempotency-Key, its version, or its single-use token, where it has one.
   */
  const seen = new LRUCache<string, true>({ max: MAX_SEEN });
  const isFirst = (code: string) => {
    const isNew = !seen.has(code);
    seen.set(code, true);
    return isNew;
  };
  const isNow = (madeAt: number, nowMs: number) => Math.abs(nowMs - madeAt) <= skewMs;
  const isSigned = (text: string, { code }: EdgeProof) =>
    secrets.some((secret) => isEqual(codeOf(secret, text), code));
  const learnPass = (given: string, nowMs: number) => {
    const proof = parseProof(given);
    if (proof?.kind !== 'pass' || !isNow(proof.madeAt, nowMs)) return false;
    if (!isSigned(passText(proof.madeAt), proof)) return false;
    for (const [known, madeAt] of passes) if (!isNow(madeAt, nowMs)) passes.delete(known);
    passes.set(given, proof.madeAt);
    return true;
  };
  const isPass = (given: string | null) => {
    if (given === null) return false;
    const nowMs = clock.now().getTime();
    const madeAt = passes.get(given);
    return madeAt === undefined ? learnPass(given, nowMs) : isNow(madeAt, nowMs);
  };
  const faultOfCall = ({ headers, method, url }: Request, proof: EdgeProof): ProofFault | null => {
    const text = callText({ method, target: targetOf(url), headers }, proof.madeAt);
    if (!isSigned(text, proof)) return 'forged';
    return isRead(method) || isFirst(proof.code) ? null : 'replayed';
  };
  const findFault = (request: Request): ProofFault | null => {
    const given = request.headers.get(EDGE_PROOF_HEADER);
    if (given === null) return 'missing';
    const proof = parseProof(given);
    if (proof === null) return 'malformed';
    if (!isNow(proof.madeAt, clock.now().getTime())) return 'out_of_time';
    if (proof.kind === 'call') return faultOfCall(request, proof);
    if (!isPass(given)) return 'forged';
    return isForNobody(request) ? null : 'pass_for_somebody';
  };
  /** Asked again, a request is no replay of itself. */
  const known = new WeakMap<Request, ProofFault | null>();
  return {
    isPass,
    faultOf: (request) => {
      const found = known.get(request);
      if (found !== undefined) return found;
      const fault = findFault(request);
      known.set(request, fault);
      return fault;
    },
  };
}

const isRead = (method: string) => method === 'GET' || method === 'HEAD';

function isForNobody({ headers, method }: Request): boolean {
  return isRead(method) && !CLIENT_HEADERS.some((name) => headers.has(name));
}

function codeOf(secret: string, text: string): string {
  return new Bun.CryptoHasher('sha256', secret).update(text).digest('base64url');
}

function isEqual(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** `Content-Digest` of a body, RFC 9530. */
export function bodyDigest(body: Uint8Array | string): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
}

/** The header of a read on nobody's behalf. */
export function passHeaders(secret: string, now: Date): Record<string, string> {
  const madeAt = passTime(now.getTime());
  const code = codeOf(secret, passText(madeAt));
  return { [EDGE_PROOF_HEADER]: formatProof({ kind: 'pass', madeAt, code }) };
}

export interface ProvenCall {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | null;
  readonly clientIp?: string;
}

const LOOPBACK_IP = '127.0.0.1';

/** The call's headers with all that the edge would add for a client. */
export function provenHeaders(secret: string, now: Date, call: ProvenCall): Record<string, string> {
  const { method, url, body = null, clientIp = LOOPBACK_IP } = call;
  const headers = new Headers(call.headers);
  headers.set(CLIENT_IP_HEADER, clientIp);
  // No two calls have the same, and so no two the same signature.
  if (!headers.has(REQUEST_ID_HEADER)) headers.set(REQUEST_ID_HEADER, crypto.randomUUID());
  if (body !== null) headers.set(BODY_DIGEST_HEADER, bodyDigest(body));
  const madeAt = now.getTime();
  const code = codeOf(secret, callText({ method, target: targetOf(new URL(url).href), headers }, madeAt));
  headers.set(EDGE_PROOF_HEADER, formatProof({ kind: 'call', madeAt, code }));
  return Object.fromEntries(headers);
}
