/** PCI, SAQ A: a card number gets no further than the border, in whatever field of the API's document it stands. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { holdsCardNumber } from '#lib/card-number.ts';
import { type Answer, type Call, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';

/** Stripe's own test numbers, by issuer. */
const CARDS = {
  Visa: '4242424242424242',
  'Visa of 13': '4222222222222',
  'Visa of 19': '4242424242424242428',
  Mastercard: '5555555555554444',
  'Mastercard, 2-series': '2223003122003222',
  'American Express': '378282246310005',
  Discover: '6011111111111117',
  'Diners Club': '3056930009020004',
  JCB: '3566002020360505',
  UnionPay: '6200000000000005',
} as const;
const CARD = CARDS.Visa;

describe('a text', () => {
  test.each(Object.entries(CARDS))(
    'with a number of %s holds one, however it is written',
    (_issuer, card) => {
      const written = [
        card,
        card.replace(/(.{4})(?=.)/g, '$1 '),
        card.replace(/(.{4})(?=.)/g, '$1-'),
        [...card].join(' '),
        `my card is ${card}, thanks`,
        `"${card}"`,
        card.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
        card.replace(/(.{4})(?=.)/g, '$1\u2011'),
        card.replace(/(.{4})(?=.)/g, '$1\u00a0'),
      ];
      for (const text of written) expect(holdsCardNumber(text), text).toBeTrue();
    },
  );

  test.each([
    ['a wrong check digit', '4242424242424241'],
    ['an identifier', '01890a5d-ac96-774b-bcce-b302099a8057'],
    ['an identifier of digits', '42424242-4242-4242-8242-424242424242'],
    ['a longer number', '42424242424242424242'],
    ['twelve digits', '424242424242'],
    ['a phone number', '+49 151 2345 6789 01'],
    ['a phone number with as many digits as a card', '+4222222222222'],
    ['a book', '9783161484100'],
    ['a barcode', '0012345678905'],
    ['a time in milliseconds', '1764356400000'],
    ['a part of a word', 'order4242424242424242x'],
    ['a payment method', 'pm_4242424242424242'],
    ['an address', '4242 Long Street, 12345 Springfield'],
  ])('with %s holds none', (_what, text) => {
    expect(holdsCardNumber(text)).toBeFalse();
  });

  test('is searched in a time that grows with its length', () => {
    for (const text of ['4 '.repeat(500_000), '4242424242424242-'.repeat(60_000), '4'.repeat(1_000_000)]) {
      const begun = performance.now();
      holdsCardNumber(text);
      expect(performance.now() - begun).toBeLessThan(500);
    }
  });
});

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** Merchants' own numbers may look like anything. */
const EXEMPT = /\/(?:sku|barcode)$/;

let shop: OriginUnderTest;
let admin: string;
let operations: readonly (readonly [method: NonNullable<Call['method']>, path: string, Operation])[];

beforeAll(async () => {
  shop = await openOrigin();
  admin = (await shop.signIn('admin')).token;
  const { body } = await shop.call('/docs/json');
  operations = Object.entries(body.paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => {
        return [method.toUpperCase() as NonNullable<Call['method']>, path, operation] as const;
      }),
  );
});
afterAll(async () => {
  await shop.close();
});

/** Every place of a body that a text can stand in, with a body that has the text there and nothing else. */
function placesOf(schema: Schema, text: string, path = ''): [path: string, body: unknown][] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((one) => placesOf(one, text, path));
  if (schema.type === 'array') {
    return placesOf(schema.items ?? {}, text, `${path}/0`).map(([place, item]) => [place, [item]]);
  }
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([name, property]) =>
      placesOf(property, text, `${path}/${name}`).map(([place, item]): [string, unknown] => [
        place,
        { [name]: item },
      ]),
    );
  }
  // A number's and a boolean's field may be sent a text as well.
  return [[path, text]];
}

const bodyOf = ({ requestBody }: Operation) => requestBody?.content['application/json']?.schema;
const filled = (path: string) => path.replaceAll(/\{\w+\}/g, '01890a5d-ac96-774b-bcce-b302099a8057');

function expectRefusedAt(answer: Answer, place: string): void {
  expectProblem(answer, 'card_number_refused');
  expect(answer.status).toBe(400);
  expect(pathsOf(answer)).toEqual([place]);
  expect(JSON.stringify(answer.body)).not.toContain(CARD.slice(0, 8));
}

/** Every body of the document with the text in one place, and that place. */
function bodiesWith(text: string) {
  return operations
    .filter(([, path]) => !path.includes('/webhooks/'))
    .flatMap(([method, path, operation]) =>
      placesOf(bodyOf(operation) ?? { properties: {} }, text).map(([place, body]) => ({
        ...{ method, path: filled(path) },
        ...{ place, body },
      })),
    )
    .filter(({ place }) => !EXEMPT.test(place));
}

test.each([
  ['alone', CARD],
  ['among words', 'pay with 4242-4242 4242-4242 please'],
])('a card number, %s, in any field of any body is refused', async (_how, written) => {
  const bodies = bodiesWith(written);
  expect(bodies.length).toBeGreaterThan(25);
  for (const { method, path, place, body } of bodies) {
    expectRefusedAt(await shop.call(path, { method, body, token: admin }), place);
  }
});

test('a card number that is sent as a number, in any field of any body, is refused', async () => {
  for (const { method, path, place, body } of bodiesWith(CARD)) {
    const numeric = JSON.parse(JSON.stringify(body).replace(`"${CARD}"`, CARD));
    expectRefusedAt(await shop.call(path, { method, body: numeric, token: admin }), place);
  }
});

test('a card number as a name, and in a field that the document does not know, is refused and not repeated', async () => {
  const named = await shop.call('/api/v1/auth/login', { method: 'POST', body: { [CARD]: 1 } });
  expectRefusedAt(named, '');
  const unknown = await shop.call('/api/v1/auth/login', { method: 'POST', body: { a: [{ b: CARD }] } });
  expectRefusedAt(unknown, '/a/0/b');
});

test('a card number in any parameter of the path, or of the query, known or not, is refused', async () => {
  for (const [method, path, { parameters = [] }] of operations) {
    const send = (target: string) => shop.call(target, { method, token: admin });
    for (const parameter of parameters) {
      if (parameter.in === 'path') {
        const here = filled(path.replace(`{${parameter.name}}`, CARD));
        expectRefusedAt(await send(here), 'path');
        const spaced = filled(path.replace(`{${parameter.name}}`, '4242%204242%204242%204242'));
        expectRefusedAt(await send(spaced), 'path');
      }
      if (parameter.in === 'query') {
        const { name } = parameter;
        for (const written of [
          CARD,
          '4242+4242+4242+4242',
          '%34242-4242-4242-4242',
          '4242%204242%204242%204242',
        ]) {
          expectRefusedAt(await send(`${filled(path)}?${name}=${written}`), `query/${name}`);
        }
      }
    }
    expectRefusedAt(await send(`${filled(path)}?x=${CARD}`), 'query/x');
    expectRefusedAt(await send(`${filled(path)}?${CARD}=x`), 'query');
  }
});

test('a key for a repetition that is a card number is refused as well: it would be kept', async () => {
  const headers = { 'idempotency-key': CARD };
  const answer = await shop.call('/api/v1/checkout', { method: 'POST', body: {}, headers });
  expectRefusedAt(answer, 'headers/idempotency-key');
});

test('a barcode of a merchant may look like one', async () => {
  const body = { name: 'Camp Stool', category: 'nowhere', variants: [{ price: 1, sku: CARD }] };
  const answer = await shop.call('/api/v1/products', { method: 'POST', body, token: admin });
  expect(answer.body.code).not.toBe('card_number_refused');
});

test('of all that was sent here nothing is in a log line or in a row of the database', async () => {
  expect(shop.logs.join('\n').replace(/[ -]/g, '')).not.toContain(CARD);
  const tables = await shop.deps.db.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  for (const { name } of tables) {
    const rows = await shop.deps.db.execute<{ found: number }>(
      sql`select count(*)::int as found from ${sql.identifier(name)} as t where t::text like ${`%${CARD}%`}`,
    );
    expect(rows[0]?.found, name).toBe(0);
  }
});
