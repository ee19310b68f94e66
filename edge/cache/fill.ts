/** Asks the origin for a public answer, in the same words for every client, and stores it where that is allowed. */

import { answerHeaders } from '#edge/headers.ts';
import { CATALOG_TIMEOUT_MS, type Caller, type Origin } from '#edge/origin.ts';
import type { Platform } from '#edge/platform.ts';
import { readBounded } from '#edge/read-bounded.ts';
import { AppError } from '#lib/problems.ts';
import type { CatalogKey } from './key.ts';
import { keepSeconds, lifetimeOf } from './policy.ts';
import type { StoredAnswer } from './store.ts';
import { parseCacheTag } from './tags.ts';

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const PROBLEM_TYPE = 'application/problem+json';

export interface Filled {
  readonly answer: StoredAnswer;
  readonly isStored: boolean;
}

export interface FillRequest {
  readonly key: CatalogKey;
  /** What a storable answer's content type starts with. */
  readonly contentType: string;
  /** Named in the origin's logs; nothing else of this client reaches the origin. */
  readonly caller: Caller;
}

export type FillDeps = Pick<Platform, 'clock' | 'store'> & { readonly origin: Origin };

/** @throws {AppError} `unavailable` when the origin gives no whole answer in time. */
export async function fill({ clock, store, origin }: FillDeps, request: FillRequest): Promise<Filled> {
  const { key, caller } = request;
  const fetchStartedAt = clock.now().getTime();
  const response = await origin.send(
    {
      method: 'GET',
      path: key.path,
      query: key.query,
      headers: new Headers({ accept: '*/*' }),
      body: null,
      timeoutMs: CATALOG_TIMEOUT_MS,
    },
    caller,
  );
  const body = await readWhole(response, caller);
  const tags = parseCacheTag(response.headers.get('cache-tag'));
  const answer: StoredAnswer = {
    status: response.status,
    headers: [...answerHeaders(response.headers)],
    body,
    tags: tags ?? [],
    fetchStartedAt,
    initialAgeSeconds: Number(/^\d{1,10}$/.exec(response.headers.get('age') ?? '')?.[0] ?? 0),
  };
  const life = lifetimeOf(response.status, response.headers);
  if (life === null || tags === null || !hasDeclaredType(response, request.contentType)) {
    return { answer, isStored: false };
  }
  try {
    await store.put(key.text, answer, keepSeconds(life));
    return { answer, isStored: true };
  } catch (error) {
    caller.log.warn('an answer could not be stored', { key: key.text, error });
    return { answer, isStored: false };
  }
}

function hasDeclaredType(response: Response, declared: string): boolean {
  const type = response.headers.get('content-type') ?? '';
  return type.startsWith(response.ok ? declared : PROBLEM_TYPE);
}

async function readWhole(response: Response, caller: Caller): Promise<Uint8Array<ArrayBuffer>> {
  if (response.body === null) return new Uint8Array();
  try {
    const body = await readBounded(response.body, { maxBytes: MAX_ANSWER_BYTES });
    if (body !== null) return body;
    caller.log.error('the answer is too large for the cache', { maxBytes: MAX_ANSWER_BYTES });
  } catch (cause) {
    caller.log.warn('the origin broke off its answer', { cause: String(cause) });
  }
  throw new AppError('unavailable');
}
