/** Two requests are the same when their JSON is, however it is spelled. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { canonicalJson } from '#origin/http/idempotency.ts';

/** The same value with the members of every object in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, shuffled(member)] as const);
  return Object.fromEntries(members.reverse());
}

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

test('the order of members never matters', () => {
  fc.assert(fc.property(json, (value) => expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value))));
});

test('different values never look the same', () => {
  fc.assert(
    fc.property(json, json, (one, other) => {
      fc.pre(!Bun.deepEquals(one, other, true));
      expect(canonicalJson(one)).not.toBe(canonicalJson(other));
    }),
  );
});

test('nothing of the value is lost', () => {
  fc.assert(fc.property(json, (value) => expect(JSON.parse(canonicalJson(value))).toEqual(value)));
});

test('the order of an array matters, and so do types', () => {
  const texts = [[1, 2], [2, 1], ['1', 2], { 0: 1, 1: 2 }, [1, 2, null], '1,2'].map((value) =>
    canonicalJson(value),
  );
  expect(new Set(texts).size).toBe(texts.length);
});
