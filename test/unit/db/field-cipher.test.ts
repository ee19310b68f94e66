/** Sealed fields: what opens them, and what an attacker with the database alone cannot do. */

import { describe, expect, test } from 'bun:test';
import { randomBytes, randomUUID } from 'node:crypto';
import { createFieldCipher, SealBroken } from '#db/field-cipher.ts';

const newKey = () => randomBytes(32).toString('hex');
const TEXT = 'Ada Lovelace, 12 St James’s Square';

describe('a sealed field', () => {
  const current = newKey();
  const cipher = createFieldCipher({ current });
  const row = randomUUID();

  test('opens to what was sealed, whatever its length', () => {
    for (const text of ['', TEXT, '𝄞'.repeat(10_000)]) {
      expect(cipher.open('shippingAddress', row, cipher.seal('shippingAddress', row, text))).toBe(text);
    }
  });

  test('shows neither its text nor that two are the same', () => {
    const [one, other] = [1, 2].map(() => Buffer.from(cipher.seal('shippingAddress', row, TEXT)));
    expect(one?.includes('Ada')).toBe(false);
    expect(one?.equals(other ?? Buffer.alloc(0))).toBe(false);
  });

  test('does not open in another row', () => {
    const sealed = cipher.seal('shippingAddress', row, TEXT);
    expect(() => cipher.open('shippingAddress', randomUUID(), sealed)).toThrow(SealBroken);
  });

  test('does not open with any bit of it changed, or cut off anywhere', () => {
    const sealed = cipher.seal('shippingAddress', row, 'x');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 1 : byte));
      expect(() => cipher.open('shippingAddress', row, changed)).toThrow(SealBroken);
      expect(() => cipher.open('shippingAddress', row, sealed.subarray(0, at))).toThrow(SealBroken);
    }
  });

  test('does not open with the data key of another value', () => {
    const [one, other] = ['x', 'y'].map((text) => cipher.seal('shippingAddress', row, text));
    const spliced = Buffer.concat([one?.subarray(0, 65) ?? [], other?.subarray(65) ?? []].map(Buffer.from));
    expect(() => cipher.open('shippingAddress', row, spliced)).toThrow(SealBroken);
  });

  test('opens under the key before, and not under the one before that', () => {
    const sealed = cipher.seal('shippingAddress', row, TEXT);
    const next = newKey();
    const rotated = createFieldCipher({ current: next, previous: current });
    expect(rotated.open('shippingAddress', row, sealed)).toBe(TEXT);
    expect(sealed.subarray(0, 5)).not.toEqual(rotated.currentPrefix);
    const again = rotated.seal('shippingAddress', row, TEXT);
    expect(Buffer.from(again.subarray(0, 5))).toEqual(Buffer.from(rotated.currentPrefix));
    expect(() => createFieldCipher({ current: next }).open('shippingAddress', row, sealed)).toThrow(
      SealBroken,
    );
  });

  test('a key of another length is no key', () => {
    expect(() => createFieldCipher({ current: current.slice(2) })).toThrow(RangeError);
  });
});

describe('a blind index', () => {
  const [before, current] = [newKey(), newKey()];
  const cipher = createFieldCipher({ current, previous: before });
  const indexOf = (key: string, text: string) =>
    createFieldCipher({ current: key }).indexesOf('noticeEmail', text)[0];

  test('is the same for the same value, another for another, and says nothing of it', () => {
    const index = indexOf(current, 'ada@test.example');
    expect(index).toEqual(indexOf(current, 'ada@test.example'));
    expect(index).not.toEqual(indexOf(current, 'eve@test.example'));
    expect(index).not.toEqual(indexOf(before, 'ada@test.example'));
    expect(index).toHaveLength(32);
  });

  test('finds what was kept under the key before as well', () => {
    const text = 'ada@test.example';
    expect(cipher.indexesOf('noticeEmail', text)).toEqual([indexOf(current, text), indexOf(before, text)]);
  });
});
