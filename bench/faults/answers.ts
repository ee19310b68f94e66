/** What a shopper was answered, and whether that is an answer as it should be. Pure. */

import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { PROBLEMS } from '#lib/problems.ts';

/** What came over the wire. */
export type Received =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly contentType: string;
      readonly body: unknown;
      readonly retryAfter: string | null;
      /** Of the edge's own `Cache-Status`. */
      readonly cacheStatus: string;
      readonly degraded: string | null;
    }
  | { readonly kind: 'cut'; readonly reason: string }
  | { readonly kind: 'hung' };

/** `good`: as asked for. `refused`: not now, and clearly so. `broken`: what nobody should ever see. */
export type Verdict = 'good' | 'refused' | 'broken';

export interface Judgement {
  readonly verdict: Verdict;
  /** For people; empty when it is good. */
  readonly what: string;
  /** Past its time, by the edge's `Cache-Status`: refreshed behind, or kept because it cannot be. */
  readonly isStale: boolean;
  /** Says itself that it is not what it should be. */
  readonly isDegraded: boolean;
}

const MAY_REFUSE: ReadonlySet<number> = new Set([503, 429, 409]);
const CONFLICT = 409;
const Problem = Type.Object({ code: Type.String(), status: Type.Integer() });

export function judgeAnswer(received: Received): Judgement {
  if (received.kind !== 'answered')
    return broken(received.kind === 'cut' ? `connection cut: ${received.reason}` : 'no answer');
  const { status, contentType, body, retryAfter } = received;
  if (status >= 200 && status < 300) {
    if (!contentType.startsWith('application/json')) return broken(`${status} as ${contentType}`);
    return { verdict: 'good', what: '', ...agesOf(received) };
  }
  if (!contentType.startsWith('application/problem+json') || !Value.Check(Problem, body)) {
    return broken(`${status} without a code`);
  }
  const what = `${status} ${body.code}`;
  if (!MAY_REFUSE.has(status)) return broken(what);
  const isToComeBack = status !== CONFLICT && isRetryable(body.code);
  if (isToComeBack && !/^\d+$/.test(retryAfter ?? '')) return broken(`${what} without Retry-After`);
  return { verdict: 'refused', what, isStale: false, isDegraded: false };
}

function broken(what: string): Judgement {
  return { verdict: 'broken', what, isStale: false, isDegraded: false };
}

function isRetryable(code: string): boolean {
  return Object.entries(PROBLEMS).some(([name, { retryable }]) => name === code && retryable);
}

function agesOf({ cacheStatus, degraded }: Extract<Received, { readonly kind: 'answered' }>) {
  return { isStale: cacheStatus.includes('detail=stale-'), isDegraded: degraded !== null };
}
