/** What counts as an answer, and which cells are as designed. */

import { expect, test } from 'bun:test';
import { judgeAnswer, type Received } from '#bench/faults/answers.ts';
import type { Design } from '#bench/faults/design.ts';
import { judgeCell } from '#bench/faults/judge.ts';
import type { Entry, Kind } from '#bench/faults/ledger.ts';
import { judge } from '#bench/faults/targets.ts';
import { exitCodeOf } from '#bench/targets.ts';

type Answered = Extract<Received, { readonly kind: 'answered' }>;

const OK: Answered = {
  ...{ kind: 'answered', status: 200, contentType: 'application/json', body: {} },
  ...{ retryAfter: null, cacheStatus: 'hotshelf-edge; hit; ttl=9; detail=memory', degraded: null },
};

function problem(status: number, code: string, retryAfter: string | null = '5'): Answered {
  return { ...OK, status, contentType: 'application/problem+json', body: { status, code }, retryAfter };
}

const AS_IT_IS = { isStale: false, isDegraded: false };

test('what was asked for is good, and says whether it is stale or degraded', () => {
  expect(judgeAnswer(OK)).toEqual({ verdict: 'good', what: '', ...AS_IT_IS });
  expect(judgeAnswer({ ...OK, degraded: 'search;source=last_good' }).isDegraded).toBe(true);
  const stale = 'hotshelf-edge; fwd=stale; ttl=-9; detail=stale-if-error';
  expect(judgeAnswer({ ...OK, cacheStatus: stale }).isStale).toBe(true);
  const behind = 'hotshelf-edge; hit; ttl=-1; detail=stale-while-revalidate';
  expect(judgeAnswer({ ...OK, cacheStatus: behind }).isStale).toBe(true);
});

test.each([
  ['503 unavailable', problem(503, 'unavailable')],
  ['429 rate_limited', problem(429, 'rate_limited')],
  ['409 checkout_in_progress', problem(409, 'checkout_in_progress', null)],
])('%s is a clear refusal', (what, received) => {
  expect(judgeAnswer(received)).toEqual({ verdict: 'refused', what, ...AS_IT_IS });
});

test.each<[string, Received]>([
  ['503 unavailable without Retry-After', problem(503, 'unavailable', null)],
  ['500 internal', problem(500, 'internal')],
  ['404 cart_not_found', problem(404, 'cart_not_found')],
  ['503 without a code', { ...problem(503, 'unavailable'), body: null }],
  ['502 without a code', { ...OK, status: 502, contentType: 'text/html', body: null }],
  ['200 as text/html', { ...OK, contentType: 'text/html' }],
  ['connection cut: reset', { kind: 'cut', reason: 'reset' }],
  ['no answer', { kind: 'hung' }],
])('%s is broken', (what, received) => {
  expect(judgeAnswer(received)).toEqual({ verdict: 'broken', what, ...AS_IT_IS });
});

const DESIGN: Design = {
  ...{ coldReads: 'goes on', carts: 'few refused', checkouts: 'may be refused' },
  ...{ emails: 'at once', breaker: null, why: '' },
};

function entries(kind: Kind, ...received: readonly Received[]): readonly Entry[] {
  return received.map((each) => ({ ...judgeAnswer(each), kind, tookMs: 10 }));
}

const REFUSED = problem(503, 'unavailable');
const WELL = {
  cell: { component: 'stripe', fault: 'killed' },
  entries: [
    ...entries('warm read', OK),
    ...entries('cold read', OK),
    ...entries('cart', OK, OK, OK, REFUSED),
    ...entries('checkout', REFUSED),
  ],
  ...{ normalAfterMs: 4_000, paidOrders: 3, emailsLate: 0, emailsMissing: 0 },
} as const;

const breachesOf = (changed: Partial<Parameters<typeof judgeCell>[0]>) =>
  judgeCell({ ...WELL, ...changed }, DESIGN, 6_000).breaches;

test('a cell in which all fares as promised is as designed', () => {
  expect(breachesOf({})).toEqual([]);
});

test.each<[string, readonly Entry[]]>([
  ['1 of 2 warm reads: 1 × 503 unavailable', entries('warm read', REFUSED)],
  ['1 of 2 cold reads: 1 × 503 unavailable', entries('cold read', REFUSED)],
  ['2 of 5 carts: 2 × 503 unavailable', entries('cart', REFUSED)],
  [
    '2 of 2 checkouts: 1 × 503 unavailable, 1 × connection cut: reset',
    entries('checkout', { kind: 'cut', reason: 'reset' }),
  ],
])('%s', (breach, more) => {
  expect(breachesOf({ entries: [...WELL.entries, ...more] })).toEqual([breach]);
});

test('a way back that is too long, and emails that are late or missing, are not as designed', () => {
  expect(breachesOf({ normalAfterMs: 5_100 })).toEqual(['normal after 5.1 s, not 5.0 s']);
  expect(breachesOf({ normalAfterMs: null })).toHaveLength(1);
  expect(breachesOf({ emailsLate: 7 })).toEqual(['7 emails came late']);
  expect(breachesOf({ emailsMissing: 1 })).toEqual(['1 emails never came']);
});

test('a kind of request that nobody made proves nothing', () => {
  expect(breachesOf({ entries: [] })).toHaveLength(4);
});

const AUDIT = { verdict: 'clean', at: '', tookMs: 0, checks: [], breached: [], inFlight: 0 } as const;

test('one cell that is not as designed is a failure, and so is anything that never came to rest', () => {
  const codeOf = (changed: Partial<Parameters<typeof judgeCell>[0]>, unsettled: readonly string[] = []) =>
    exitCodeOf(
      judge({ cells: [judgeCell({ ...WELL, ...changed }, DESIGN, 6_000)], audit: AUDIT, unsettled }),
    );
  expect(codeOf({})).toBe(0);
  expect(codeOf({ emailsMissing: 1 })).toBe(1);
  expect(codeOf({}, ['1 events not published'])).toBe(1);
});
