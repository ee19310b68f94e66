/** Identifiers, assertions and moments. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { assert, present, unreachable } from '#lib/assert.ts';
import { after, DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import { isUuid } from '#lib/ids.ts';

test('every UUID of RFC 9562 in lower case is one, and nothing else is', () => {
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      expect(isUuid(id)).toBe(true);
      expect(isUuid(`${id}\n`)).toBe(false);
      expect(isUuid(id.slice(1))).toBe(false);
    }),
  );
  expect(isUuid(Bun.randomUUIDv7())).toBe(true);
  for (const text of ['', 'null', '00000000-0000-0000-0000-000000000000', "1' or '1'='1"]) {
    expect(isUuid(text)).toBe(false);
  }
});

test('an assertion says what did not hold', () => {
  expect(() => assert(false, 'stock is counted')).toThrow('assertion failed: stock is counted');
  expect(present(0, 'stock')).toBe(0);
  expect(() => present(undefined, 'the order')).toThrow('the order is missing');
  expect(() => unreachable('x' as never)).toThrow('unreachable value x');
});

test('a moment later is counted in milliseconds, over days too', () => {
  const noon = new Date('2026-03-28T12:00:00Z');
  expect(after(noon, DAY_MS + MINUTE_MS).toISOString()).toBe('2026-03-29T12:01:00.000Z');
});
