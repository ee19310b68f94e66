/**
 * Finished answers of the hottest URLs, given out again without the pipeline that made them: same bytes, same
 * headers, a request id of their own. One lives as long as isolate memory holds the stored answer behind it, and at
 * most until its `Age` is another: within a second it is made anew.
 */

import { type Clock, SECOND_MS } from '#lib/clock.ts';
import { REQUEST_ID_HEADER } from '#lib/edge-contract.ts';
import type { ObserveRequest } from '#lib/request-metrics.ts';
import type { StoredAnswer } from './cache/store.ts';
import type { Platform } from './platform.ts';
import type { DeclaredRoute } from './routes.ts';

const MAX_ANSWERS = 500;
/** Times the number of answers it is what they can keep from being freed. */
const MAX_BODY_BYTES = 32 * 1024;
const OK = 200;
/** A request with one of these may get another answer than the plain one. */
const SELECTIVE = ['if-none-match', 'if-modified-since', 'cache-control', 'range', 'origin'];

/** What an answer was made of, and where that is stored. */
export interface Origination {
  readonly key: string;
  readonly answer: StoredAnswer;
  readonly route: DeclaredRoute;
}

interface HotAnswer extends Omit<Origination, 'route'> {
  readonly observe: ObserveRequest;
  readonly headers: Headers;
  readonly goodUntil: number;
}

export interface HotAnswers {
  /** Null when the pipeline has to answer. */
  answer(request: Request): Response | null;
  /** `response`: the finished one, to a request whose URL is known to be plain. */
  remember(request: Request, response: Response, made: Origination): void;
}

export function createHotAnswers({
  store,
  clock,
  metrics,
}: Pick<Platform, 'clock' | 'metrics'> & { readonly store: Pick<Platform['store'], 'peek'> }): HotAnswers {
  const hot = new Map<string, HotAnswer>();
  return {
    answer(request) {
      const found = hot.get(targetOf(request.url));
      if (found === undefined || !isPlain(request)) return null;
      if (clock.now().getTime() >= found.goodUntil || store.peek(found.key) !== found.answer) return null;
      const response = new Response(found.answer.body, { headers: found.headers });
      response.headers.set(REQUEST_ID_HEADER, crypto.randomUUID());
      metrics.hit();
      found.observe(0, { requestBytes: 0, responseBytes: found.answer.body.byteLength });
      return response;
    },
    remember(request, response, { key, answer, route }) {
      const isSmall = answer.body.byteLength <= MAX_BODY_BYTES;
      if (response.status !== OK || !isSmall || !isPlain(request)) return;
      const target = targetOf(request.url);
      hot.delete(target);
      hot.set(target, {
        key,
        answer,
        observe: metrics.requests({ method: 'GET', route, status: OK }),
        headers: new Headers(response.headers),
        goodUntil: ageChangesAt(answer, clock),
      });
      for (const oldest of hot.keys()) {
        if (hot.size <= MAX_ANSWERS) break;
        hot.delete(oldest);
      }
    },
  };
}

/** Path and query exactly as they came: what the host is called makes no difference. */
function targetOf(url: string): string {
  return url.slice(url.indexOf('/', url.indexOf('://') + 3));
}

function isPlain({ method, headers, body }: Request): boolean {
  return method === 'GET' && body === null && !SELECTIVE.some((name) => headers.has(name));
}

function ageChangesAt({ fetchStartedAt }: StoredAnswer, clock: Clock): number {
  const residentMs = clock.now().getTime() - fetchStartedAt;
  return fetchStartedAt + (Math.floor(residentMs / SECOND_MS) + 1) * SECOND_MS;
}
