/** The operator's pages on security name what there is in the code: nothing is forgotten, nothing has gone. */

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PERSONAL_FIELDS } from '#db/personal-fields.ts';
import { ROLE_GRANTS } from '#db/role-grants.ts';
import { PROBLEMS } from '#lib/problems.ts';
import { MAX_LINES_A_MINUTE, MAX_LINES_OF_AN_ADDRESS, SECURITY_EVENTS } from '#lib/security-events.ts';
import { CHECKOUT } from '#ops/local/paths.ts';

const read = (file: string) => readFileSync(join(CHECKOUT, file), 'utf8');
const page = (name: string) => read(`ops/security/${name}.md`);
const codes = (text: string) => new Set([...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code));
/** Of tables whose first column holds names. */
const firstColumn = (text: string) =>
  new Set([...text.matchAll(/^\|((?: `[\w.]+`,?)+) +\|/gm)].flatMap(([, cell = '']) => [...codes(cell)]));

/** Names of variables whose value lets somebody in, opens something, or holds a password. */
const SECRET = /^\s+(?!LIMIT_)([A-Z][A-Z0-9_]*(?:SECRET|KEY|TOKEN|URL|REPLICAS|KEYS)[A-Z0-9_]*):/gm;
/** Where others are, without credentials. */
const PLAIN_URLS: ReadonlySet<string> = new Set([
  ...['STRIPE_API_URL', 'SHOP_URL', 'EDGE_PURGE_URL', 'CLOUDFLARE_API_URL', 'ORIGIN_URL', 'PUBLIC_URL'],
]);

describe('the page of keys', () => {
  test.each(['origin/config.ts', 'workers/config.ts', 'edge/env.ts'])('names every secret of %s', (file) => {
    const secrets = [...read(file).matchAll(SECRET)]
      .map(([, name = '']) => name)
      .filter((name) => !PLAIN_URLS.has(name));
    expect(secrets.length).toBeGreaterThan(1);
    expect(secrets.filter((name) => !codes(page('keys')).has(name))).toEqual([]);
  });

  test('names every sealed column', () => {
    const sealed = Object.values(PERSONAL_FIELDS).map(({ table, column }) => `${table}.${column}`);
    expect(sealed.filter((name) => !codes(page('keys')).has(name))).toEqual([]);
  });
});

test('the page of data names every table, and none that is not there', () => {
  expect([...firstColumn(page('data'))].toSorted()).toEqual(Object.keys(ROLE_GRANTS).toSorted());
});

test('the page of logs names every security event, and the bounds that they have', () => {
  expect([...firstColumn(page('logs'))].toSorted()).toEqual(Object.keys(SECURITY_EVENTS).toSorted());
  const text = page('logs').replaceAll(/\s+/g, ' ');
  expect(text).toContain(`${MAX_LINES_A_MINUTE} lines a minute at most, ${MAX_LINES_OF_AN_ADDRESS} of them`);
});

test('the page of input names failures that there are', () => {
  const named = [...page('input').matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, code = '']) => code);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((code) => !(code in PROBLEMS))).toEqual([]);
});
