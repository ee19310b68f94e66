/**
 * The document's examples: that every operation has them, that they fit their own schemas, and that the request which
 * a page such as Swagger UI fills in with them is a good one.
 */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { MINUTE_MS } from '#lib/clock.ts';
import {
  complaintsOf,
  type Exemplified,
  exampleRequest,
  exemplifiedOperations,
} from '#test/support/examples.ts';
import { faultOf, fuzzedOperations } from '#test/support/fuzz-document.ts';
import { openScenes, QUICK_PASSWORDS, type Scene } from '#test/support/fuzz-scenes.ts';
import { type Answer, type OriginUnderTest, openOrigin, TEST_CONFIG } from '#test/support/origin.ts';

/** Hundreds of schemas are compiled. */
setDefaultTimeout(2 * MINUTE_MS);

/** What takes a code or a mailed token that no example can have: what it is refused with instead. */
const REFUSED: Readonly<Record<string, string>> = {
  'POST /api/v1/auth/email-verification/confirmation': 'link_invalid',
  'POST /api/v1/auth/password-reset/confirmation': 'link_invalid',
  'POST /api/v1/me/second-factor/confirmation': 'second_factor_off',
  'POST /api/v1/me/second-factor/recovery-codes': 'second_factor_off',
  'POST /api/v1/me/second-factor/removal': 'second_factor_off',
  'POST /api/v1/stock-notices/confirmation': 'link_invalid',
};
/** Bytes that are chosen from a disk, and not filled in. */
const BINARY: readonly string[] = ['POST /api/v1/media'];
/** The code that the second of them enters is made by the first, before rules of the others' keep it from carts. */
const FIRST = ['POST /api/v1/discounts', 'POST /api/v1/carts/{id}/codes'];

let shop: OriginUnderTest;
let operations: readonly Exemplified[];
beforeAll(async () => {
  shop = await openOrigin();
  operations = await exemplifiedOperations(shop);
});
afterAll(async () => {
  await shop.close();
});

test('every operation has a name of its own', () => {
  const ids = operations.map(({ operationId }) => operationId);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

test('every operation says what it is, and has an example of all that it takes and answers', () => {
  const complaints = operations.flatMap(complaintsOf);
  expect(complaints.join('\n')).toBe('');
});

test('whatever is taken out of an operation is missed, and named', () => {
  const checkOut = operations.find(({ operationId }) => operationId === 'checkOut');
  const spoils = [
    [/"summary":"[^"]*"/, '"summary":" "', 'no summary'],
    [/"description":"Charges[^"]*"/, '"description":""', 'no description'],
    [/"example":"6f1f[^"]*"/, '"x":0', 'header parameter idempotency-key: no example'],
    [/"pm_card_visa"/, '"visa"', 'request body application/json: its example does not fit its schema'],
    [/"number":"100001"/, '"number":1', 'answer 201: application/json: its example does not fit its schema'],
    [/"out_of_stock":\{/, '"x":{', 'answer 409: no example of out_of_stock'],
    [/`out_of_stock`/, '', 'answer 409: its description does not name out_of_stock'],
  ] as const;
  const spoilt = spoils.reduce(
    (told, [taken, instead]) => told.replaceAll(new RegExp(taken, 'g'), instead),
    JSON.stringify(checkOut),
  );
  const complaints = complaintsOf(JSON.parse(spoilt) as Exemplified).join('\n');
  for (const [, , complaint] of spoils) {
    expect(complaints).toContain(`POST /api/v1/checkout (checkOut): ${complaint}`);
  }
});

function signed(body: string): string {
  const at = Math.floor(Date.now() / 1_000);
  const digest = createHmac('sha256', TEST_CONFIG.STRIPE_WEBHOOK_SECRET)
    .update(`${at}.${body}`)
    .digest('hex');
  return `t=${at},v1=${digest}`;
}

/** What a reader of the page has at hand: things of the shop, its ETag, a key of their own, and Stripe's signature. */
function valuesOf({ values }: Scene, { requestBody }: Exemplified): Readonly<Record<string, string>> {
  const event = Object.values(requestBody?.content ?? {})[0]?.example;
  return {
    ...values,
    'idempotency-key': crypto.randomUUID(),
    ...(values['etag'] === undefined ? {} : { 'if-match': values['etag'] }),
    ...(typeof event === 'string' ? { 'stripe-signature': signed(event) } : {}),
  };
}

/** Null where the answer is a good one. */
function verdictOn(operation: Exemplified, { status, body }: Answer, sent: string): string | null {
  const refusal = REFUSED[operation.name];
  if (refusal === undefined ? status < 400 : body?.code === refusal) return null;
  const wanted = refusal ?? 'a success';
  return `its own example is answered by ${status} ${JSON.stringify(body)}, not by ${wanted}: ${sent}`;
}

/** What to do about an operation that is new. */
const REMEDY =
  'Mend the example, give it a scene in test/support/fuzz-scenes.ts, or name its refusal in REFUSED.';

test('the request that a page fills in from the document is answered by a success', async () => {
  const quick = shop.beside({ passwords: QUICK_PASSWORDS });
  const scenes = await openScenes(shop, quick);
  const fuzzed = new Map((await fuzzedOperations(shop)).map((each) => [each.name, each]));
  const faultAt = async (operation: Exemplified) => {
    const documented = fuzzed.get(operation.name);
    if (documented === undefined) return `${operation.name} is not among the fuzzed ones`;
    const scene = await scenes.at(documented);
    const { target, headers, body } = exampleRequest(operation, valuesOf(scene, operation));
    const answer = await quick.call(target, {
      ...{ method: operation.method as 'POST', headers, ...scene.callers.owner },
      ...(body === null ? {} : { body: JSON.parse(body) }),
    });
    return verdictOn(operation, answer, `${target} ${body ?? ''}`) ?? faultOf(documented, answer);
  };
  const faults: string[] = [];
  const filledIn = operations.filter(({ name }) => !BINARY.includes(name));
  for (const operation of filledIn.toSorted((a, b) => turnOf(a) - turnOf(b))) {
    const fault = await faultAt(operation).catch((error: unknown) => String(error));
    if (fault !== null) faults.push(`${operation.name} (${operation.operationId}): ${fault}\n  ${REMEDY}`);
  }
  expect(faults.join('\n')).toBe('');
});

/** Where the operation comes: those of {@link FIRST} in their order, then all others as they stand in the document. */
function turnOf({ name }: Exemplified): number {
  const turn = FIRST.indexOf(name);
  return turn === -1 ? FIRST.length : turn;
}
