/** What a process remembers of tokens that it has verified: no token is worth more for being known. */

import { describe, expect, test } from 'bun:test';
import { makeSigningKey } from '#ops/local/secrets.ts';
import { type AccessTokens, createAccessTokens } from '#origin/http/access-tokens.ts';
import { createKeyRing } from '#origin/http/key-ring.ts';
import { forge, SHOP_KEY } from '#test/support/tokens.ts';

const USER = '01890a5d-ac96-774b-bcce-b302099a8057';
const REMEMBERED = 10_000;

function open(key = JSON.stringify(SHOP_KEY)) {
  const ended = { isEnded: false, news: null as Promise<void> | null };
  const revocations = { catchUp: () => ended.news, cover: () => ended.isEnded, announce: () => {} };
  return {
    ended,
    tokens: createAccessTokens(createKeyRing({ ACCESS_TOKEN_KEY: key }), revocations, {
      secondFactorRoles: new Set(),
    }),
  };
}

const header = (token = forge(USER)) => `Bearer ${token}`;
const isKnown = (tokens: AccessTokens, authorization: string) =>
  !(tokens.verify(authorization) instanceof Promise);

describe('a token that is known', () => {
  test('is let in at once', async () => {
    const { tokens } = open();
    const known = header();
    expect(await tokens.verify(known)).toMatchObject({ userId: USER, role: 'shopper' });
    expect(tokens.verify(known)).toMatchObject({ userId: USER, role: 'shopper' });
  });

  test('is refused from the moment on at which its session has ended', async () => {
    const { tokens, ended } = open();
    const known = header();
    await tokens.verify(known);
    ended.isEnded = true;
    expect(tokens.verify(known)).toBe('revoked');
  });

  test('waits for the news of ended sessions as any other, and is refused by them', async () => {
    const { tokens, ended } = open();
    const known = header();
    await tokens.verify(known);
    const { promise, resolve } = Promise.withResolvers<void>();
    ended.news = promise;
    const verified = tokens.verify(known);
    ended.isEnded = true;
    resolve();
    expect(await verified).toBe('revoked');
  });

  test('is let in by nobody who cannot tell whether its session has ended', async () => {
    const { tokens, ended } = open();
    const known = header();
    await tokens.verify(known);
    ended.news = Promise.reject(new Error('nobody can be asked'));
    await expect(Promise.resolve(tokens.verify(known))).rejects.toThrow('nobody can be asked');
  });

  test('is worth nothing where its key is not in the ring', async () => {
    const known = header();
    expect(await open().tokens.verify(known)).toBeObject();
    expect(await open(makeSigningKey()).tokens.verify(known)).toBe('foreign_key');
  });

  test('lends nothing to one that has its claims and another signature', async () => {
    const { tokens } = open();
    const known = header();
    await tokens.verify(known);
    const [start, signature = ''] = [known.slice(0, -20), known.slice(-20)];
    const changed = start + signature.replace(/./g, (letter) => (letter === 'A' ? 'B' : 'A'));
    expect(await tokens.verify(changed)).toBe('forged');
  });
});

test('what was refused is never remembered', async () => {
  const { tokens } = open();
  const bad = header(forge(USER, { claims: { iss: 'somebody' } }));
  expect(await tokens.verify(bad)).toBe('foreign_claims');
  expect(isKnown(tokens, bad)).toBeFalse();
});

test('a flood of distinct good tokens is remembered up to a limit, and the oldest are verified again', async () => {
  const { tokens } = open();
  const first = header();
  await tokens.verify(first);
  let last = first;
  for (let made = 0; made < REMEMBERED; made += 1) {
    last = header();
    await tokens.verify(last);
  }
  expect(isKnown(tokens, last)).toBeTrue();
  expect(isKnown(tokens, first)).toBeFalse();
  expect(await tokens.verify(first)).toBeObject();
}, 60_000);
