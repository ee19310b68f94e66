/**
 * How answers speak to the tiers in front: lives for shared caches, surrogate keys, validators, and
 * `Cache-Status` (RFC 9211) with one member for the origin.
 */

import { type Clock, SECOND_MS } from '#lib/clock.ts';
import { DEGRADED_HEADER, type Degradation, degradedField } from '#lib/degraded.ts';
import { CACHE_TAG_HEADER, CACHE_TAGS } from '#lib/edge-contract.ts';
import { problemResponse } from '#lib/problems.ts';
import { SECURITY_HEADERS } from '#lib/security-headers.ts';
import type { Answer } from '#origin/cache/answer.ts';
import type { Found, StoodIn, Tier } from '#origin/cache/tiered-cache.ts';

interface Headers {
  headers: Record<string, string | number>;
  status?: number | string;
}

export interface SharedLife {
  /** How long a shared cache may hold the answer without asking, in seconds. */
  readonly freshSeconds: number;
  /** For how long after that it may answer stale while it asks (RFC 5861), in seconds. */
  readonly revalidateSeconds: number;
}

const STALE_IF_ERROR_SECONDS = 24 * 60 * 60;

export const LIVES = {
  product: { freshSeconds: 60, revalidateSeconds: 60 },
  list: { freshSeconds: 15, revalidateSeconds: 60 },
  categories: { freshSeconds: 300, revalidateSeconds: 600 },
} as const satisfies Record<string, SharedLife>;

/** Marks an answer as public for shared caches; browsers ask each time, by its `ETag`. */
export function shared(set: Headers, life: SharedLife, tags: string): void {
  set.headers['cache-control'] = cacheControl(life);
  Object.assign(set.headers, tagHeaders(tags));
}

/** For Cloudflare's own cache, and for our Worker in front of it. */
function tagHeaders(tags: string): Record<string, string> {
  return { 'cache-tag': tags, [CACHE_TAG_HEADER]: tags };
}

function cacheControl({ freshSeconds, revalidateSeconds }: SharedLife): string {
  return (
    `public, max-age=0, s-maxage=${freshSeconds}, ` +
    `stale-while-revalidate=${revalidateSeconds}, stale-if-error=${STALE_IF_ERROR_SECONDS}`
  );
}

/** Whether an answer that ends by itself has more time left than it would be given anyway. */
export function outlives({ goodUntil }: Answer, life: SharedLife, clock: Clock): boolean {
  return (
    goodUntil === undefined || leftSeconds(goodUntil, clock) >= life.freshSeconds + life.revalidateSeconds
  );
}

/**
 * Neither fresh nor stale beyond its end. Only where the origin is gone may a shared cache show it longer, and the edge then
 * says so in `Degraded`.
 */
function lifeOf({ goodUntil }: Answer, life: SharedLife, clock: Clock): SharedLife {
  if (goodUntil === undefined) return life;
  const left = leftSeconds(goodUntil, clock);
  const freshSeconds = Math.min(life.freshSeconds, left);
  return { freshSeconds, revalidateSeconds: Math.min(life.revalidateSeconds, left - freshSeconds) };
}

function leftSeconds(goodUntil: number, clock: Clock): number {
  return Math.max(0, Math.floor((goodUntil - clock.now().getTime()) / SECOND_MS));
}

/** For whatever belongs to one caller. */
export const PRIVATE = { 'cache-control': 'private, no-store' } as const;

const MOVED = 308;

/** What a product is now called by, for whoever asks by what it was; purged with the product. */
export function sendMoved(body: object, location: string, productId: string): Response {
  const headers = { location, 'cache-control': cacheControl(LIVES.product) };
  return Response.json(body, {
    status: MOVED,
    headers: { ...headers, ...tagHeaders(CACHE_TAGS.product(productId)) },
  });
}

const OK = 200;

/** What a change has left, for whoever made it. */
export function sendWritten(set: Headers, { body, etag }: Answer, status: number = OK): Uint8Array {
  Object.assign(set.headers, PRIVATE, { etag, 'content-type': 'application/json' });
  set.status = status;
  return body;
}

/** RFC 9110, 13.1.2: weak comparison, a list, or `*`. */
export function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}

const NOT_MODIFIED = 304;
const DEGRADED_CACHE_CONTROL = 'public, max-age=0, s-maxage=2';
const NEGATIVE_CACHE_CONTROL = 'public, max-age=0, s-maxage=5';

const CACHE_STATUS: Readonly<Record<Tier, string>> = {
  memory: 'hotshelf-memory; hit',
  redis: 'hotshelf-redis; hit, hotshelf-memory; fwd=miss',
  origin: 'hotshelf-redis; fwd=miss, hotshelf-memory; fwd=miss',
  origin_alone: 'hotshelf-redis; fwd=miss; detail=gone, hotshelf-memory; fwd=miss',
};

interface Receiver {
  readonly request: Request;
  readonly set: Headers;
  readonly clock: Clock;
}

/** Sends a cached answer as it is, or 304 to whoever has it, or a 404 that shared caches may keep for a moment. */
export function sendFound(
  { request, set, clock }: Receiver,
  found: Found | StoodIn,
  life: SharedLife,
): Uint8Array | Response | undefined {
  if (found.from === 'stand-in') {
    Object.assign(set.headers, degradedHeaders(found.answer, found.degradation));
    return found.answer.body;
  }
  const { answer, from } = found;
  if (answer === null) {
    const headers = { 'cache-control': NEGATIVE_CACHE_CONTROL, ...tagHeaders(CACHE_TAGS.lists) };
    return problemResponse('product_not_found', {}, headers);
  }
  const headers = headersOf(answer, lifeOf(answer, life, clock));
  Object.assign(set.headers, headers, { 'cache-status': CACHE_STATUS[from] });
  if (matches(request.headers.get('if-none-match'), answer.etag)) {
    set.status = NOT_MODIFIED;
    return undefined;
  }
  return answer.body;
}

/** Short of life and without a validator: what is as it should be again is nobody's `304`. */
function degradedHeaders({ tags }: Answer, degradation: Degradation): Record<string, string> {
  return {
    'cache-control': DEGRADED_CACHE_CONTROL,
    ...tagHeaders(tags),
    'content-type': 'application/json',
    'cache-status': CACHE_STATUS.origin,
    [DEGRADED_HEADER]: degradedField(degradation),
  };
}

/** What an answer from memory goes out with. */
export function memoryHeaders(answer: Answer, life: SharedLife, clock: Clock): Record<string, string> {
  const headers = headersOf(answer, lifeOf(answer, life, clock));
  return { ...SECURITY_HEADERS, ...headers, 'cache-status': CACHE_STATUS.memory };
}

function headersOf({ etag, tags }: Answer, life: SharedLife): Record<string, string> {
  return {
    'cache-control': cacheControl(life),
    ...tagHeaders(tags),
    'content-type': 'application/json',
    etag,
  };
}
