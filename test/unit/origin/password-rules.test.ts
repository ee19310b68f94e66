/** Which passwords are taken: what an attacker would try first is not, and nothing is asked of the rest but length. */

import { describe, expect, test } from 'bun:test';
import { weaknessOf } from '#origin/credentials/password-rules.ts';

const ADA = { email: 'ada.lovelace@analytical.example', name: 'Ada Lovelace' };

describe('a password is refused', () => {
  test.each([
    ['fourteen chars', 'characters'],
    ['a'.repeat(201), 'characters'],
    // 15 code units, but 8 characters.
    ['👩🏽‍🚀👩🏽‍🚀a', 'characters'],
    ['aaaaaaaaaaaaaaaaaaaa', 'different'],
    ['abababababababababab', 'different'],
    ['123456789012345', 'sequence'],
    ['987654321098765', 'sequence'],
    ['abcdefghijklmnopqr', 'sequence'],
    ['qwertyuiopasdfghjkl', 'sequence'],
    ['LKJHGFDSAPOIUYTREWQ', 'sequence'],
    ['passwordpassword', 'first'],
    ['PasswordPassword1!', 'first'],
    ['iloveyou20262026', 'first'],
    ['!!!!!!!!sunshine', 'first'],
    ['football football ', 'first'],
    ['hotshelf-hotshelf', 'shop'],
    ['HotshelfHotshelf2026', 'shop'],
    ['ada.lovelace1234', 'your name'],
    ['ada.lovelace@analytical.example', 'your email'],
    ['LovelaceAnalytical1', 'your name'],
    ['ﬁﬁﬁﬁﬁﬁﬁﬁﬁﬁﬁﬁﬁﬁﬁ', 'different'],
  ])('%s', (password, why) => {
    expect(weaknessOf(password, ADA)).toContain(why);
  });
});

describe('a password is taken', () => {
  test.each([
    'correct horse battery',
    'only small letters here',
    'пароль из многих слов',
    '日本語の長いパスワードです。よろしく',
    '                a b c d',
    `${'x'.repeat(60)}quite-long-and-strange`,
    'lovelace walks across the bridge',
    '8317441922375106',
    'a password of enough length',
  ])('%s', (password) => {
    expect(weaknessOf(password, ADA)).toBeNull();
  });

  test('at the longest', () => {
    const longest = Array.from({ length: 50 }, (_, at) => `${at}`.padStart(3, '0').slice(-3))
      .join('-')
      .slice(0, 200);
    expect(longest).toHaveLength(199);
    expect(weaknessOf(longest, ADA)).toBeNull();
  });

  test('in no time, however it is made: no pattern is worth sending', () => {
    const startedAt = performance.now();
    for (const part of ['a', 'ab', '1', ' ', 'ﬃ', '-']) weaknessOf(part.repeat(200).slice(0, 200), ADA);
    weaknessOf(`${'1'.repeat(100)}a${'1'.repeat(99)}`, ADA);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
