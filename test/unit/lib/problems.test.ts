/** The closed table of failures and the documents that it makes. */

import { describe, expect, test } from 'bun:test';
import {
  AppError,
  PROBLEM_CONTENT_TYPE,
  PROBLEMS,
  type ProblemCode,
  problemResponse,
} from '#lib/problems.ts';

const CODES = Object.keys(PROBLEMS) as ProblemCode[];

describe.each(CODES)('the problem %s', (code) => {
  const { status, title, retryable } = PROBLEMS[code];

  test('has an error status, a title and a snake-case code', () => {
    expect(status).toBeWithin(400, 600);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
  });

  test('answers as RFC 9457 says and is never stored', async () => {
    const response = problemResponse(code);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe(PROBLEM_CONTENT_TYPE);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({ type: 'about:blank', title, status, code });
  });

  test('asks to come back exactly where coming back may help', () => {
    const expected = retryable && status !== 500 ? '1' : null;
    expect(problemResponse(code).headers.get('retry-after')).toBe(expected);
  });
});

test('extras become members of the document, and the seconds to wait become the header', async () => {
  const response = problemResponse(
    'rate_limited',
    { detail: 'slow down', errors: [{ path: '/q', message: 'no' }], retryAfterSeconds: 7, limit: 20 },
    { 'x-request-id': 'r1' },
  );
  expect(response.headers.get('retry-after')).toBe('7');
  expect(response.headers.get('x-request-id')).toBe('r1');
  expect(await response.json()).toEqual({
    type: 'about:blank',
    title: PROBLEMS.rate_limited.title,
    status: 429,
    code: 'rate_limited',
    detail: 'slow down',
    errors: [{ path: '/q', message: 'no' }],
    limit: 20,
  });
});

test('an expected failure carries its code, and says its title where it has no detail', () => {
  expect(new AppError('cart_empty')).toMatchObject({
    name: 'AppError',
    code: 'cart_empty',
    message: PROBLEMS.cart_empty.title,
    extras: {},
  });
  expect(new AppError('out_of_stock', { detail: 'two left' }).message).toBe('two left');
});
