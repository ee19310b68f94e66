/**
 * The Stripe double against Stripe's OpenAPI document (`../shared/data`, used when it is there): the answers of
 * every operation fit the document's schemas, and so do the parameters that the double accepts.
 */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { SECOND_MS } from '#lib/clock.ts';
import { OPERATIONS } from '#ops/stripe-double/api.ts';
import type { Operation } from '#ops/stripe-double/operation.ts';
import type { Param } from '#ops/stripe-double/params.ts';
import { type Exchange, everyCall } from '#test/support/stripe-double-calls.ts';
import { type DoubleUnderTest, openDouble, rawCall } from '#test/support/stripe-double-client.ts';
import { type DocumentedParam, loadStripeDocument, membersOf } from '#test/support/stripe-openapi.ts';

/** The document is large, and made into checks on a machine that may have other work. */
setDefaultTimeout(60 * SECOND_MS);

/** The document is of 2023: what Stripe added since, and the SDK sends. */
const NEWER_PARAMS: ReadonlySet<string> = new Set([
  // Replaces payment_method_types from version 2026-09-30 on.
  'allowed_payment_method_types',
]);

const document = await loadStripeDocument();
if (document === null) {
  process.stdout.write(
    'Stripe’s OpenAPI document is not here: the double is checked by its own tables only.\n',
  );
}

let under: DoubleUnderTest;
let exchanges: readonly Exchange[];
beforeAll(async () => {
  under = await openDouble({ webhook: { url: 'http://127.0.0.1:9/', secret: 'whsec_unused' } });
  await under.control('POST', '/webhook', { paused: true });
  exchanges = await everyCall(under);
});
afterAll(() => under.stop());

const nameOf = ({ method, path }: Pick<Operation, 'method' | 'path'>) => `${method} ${path}`;
const named = OPERATIONS.map((operation) => [nameOf(operation), operation] as const);

/** One value of a wrong type for each kind of parameter. */
function mistyped(name: string, param: Param): string {
  if (param.kind === 'text') return `${name}[a]=b`;
  if (param.kind === 'either' && param.of[0].kind === 'boolean') return `${name}=neither`;
  return `${name}=wrong`;
}

const SMALLEST: Readonly<Record<string, string>> = {
  'POST /v1/payment_intents': 'amount=500&currency=usd',
  'POST /v1/payment_methods/:id/attach': 'customer=cus_x',
};

async function refusalOf(operation: Operation, form: string) {
  const path = operation.path.replace(':id', 'x');
  const smallest = (SMALLEST[nameOf(operation)] ?? '')
    .split('&')
    .filter(
      (pair) => !form.startsWith(`${pair.split('=')[0]}=`) && !form.startsWith(`${pair.split('=')[0]}[`),
    );
  const encoded = [...smallest, form].filter((part) => part !== '').join('&');
  const headers = { 'stripe-version': '2023-08-16' };
  const response = await rawCall(
    under.double,
    operation.method === 'POST'
      ? { method: 'POST', path, form: encoded, headers }
      : { method: operation.method, path: `${path}?${encoded}`, headers },
  );
  const { error } = (await response.json()) as { error?: { code?: string; param?: string } };
  return { status: response.status, code: error?.code, param: error?.param };
}

describe('the parameters of the double', () => {
  test.each(named)('%s: an unknown one is refused as parameter_unknown', async (_name, operation) => {
    const refusal = await refusalOf(operation, 'not_a_param=1');
    expect(refusal).toEqual({ status: 400, code: 'parameter_unknown', param: 'not_a_param' });
  });

  test.each(named)(
    '%s: each one is refused by its name when it has the wrong type',
    async (_name, operation) => {
      for (const [name, param] of Object.entries(operation.fields)) {
        const refusal = await refusalOf(operation, mistyped(name, param));
        expect(refusal).toMatchObject({ status: 400, param: name });
        if (param.kind === 'integer') expect(refusal.code).toBe('parameter_invalid_integer');
      }
    },
  );

  test.each(named)('%s: the calls of this file cover it, answered and refused', (name) => {
    const statuses = exchanges
      .filter((exchange) => nameOf(exchange.operation) === name)
      .map(({ status }) => status);
    expect(statuses).toContain(200);
    expect(statuses.some((status) => status >= 400)).toBe(true);
  });
});

type Schema = DocumentedParam['schema'];

function alternatives(schema: Schema): readonly Schema[] {
  return Array.isArray(schema['anyOf']) ? (schema['anyOf'] as Schema[]) : [schema];
}

function unfit(param: Param, schema: Schema, path: string): string[] {
  const all = alternatives(schema);
  const typed = (type: string) => all.filter((alternative) => alternative['type'] === type);
  const missing = (type: string) =>
    typed(type).length === 0 ? [`${path} is no ${type} in the document`] : [];
  switch (param.kind) {
    case 'integer':
    case 'boolean':
      return missing(param.kind);
    case 'text': {
      const longest = typed('string').find((alternative) => alternative['maxLength'] !== undefined)?.[
        'maxLength'
      ];
      const tooLong = param.maxLength !== undefined && longest !== undefined && param.maxLength !== longest;
      return [...missing('string'), ...(tooLong ? [`${path} may have ${String(longest)} characters`] : [])];
    }
    case 'choice': {
      const known = typed('string').flatMap(
        (alternative) => (alternative['enum'] as string[] | undefined) ?? [],
      );
      return param.values
        .filter((value) => !known.includes(value))
        .map((value) => `${path} cannot be ${value}`);
    }
    case 'metadata':
      return missing('object');
    case 'list':
      return missing('array');
    case 'hash': {
      const found = typed('object')
        .map((alternative) => unfitFields(param.fields, membersOf(alternative), path))
        .sort((one, other) => one.length - other.length);
      return found[0] ?? missing('object');
    }
    case 'either':
      return param.of.flatMap((one) => unfit(one, schema, path));
  }
}

function unfitFields(
  fields: Operation['fields'],
  documented: ReadonlyMap<string, DocumentedParam>,
  prefix = '',
): string[] {
  const wrong = Object.entries(fields).flatMap(([name, param]) => {
    const path = prefix === '' ? name : `${prefix}[${name}]`;
    const known = documented.get(name);
    if (known === undefined) return NEWER_PARAMS.has(path) ? [] : [`${path} is not in the document`];
    const required = known.required === (param.required === true) ? [] : [`${path}: required or not?`];
    return [...required, ...unfit(param, known.schema, path)];
  });
  const absent = [...documented]
    .filter(([name, { required }]) => required && fields[name] === undefined)
    .map(([name]) => `${prefix}${name} is required in the document`);
  return [...wrong, ...absent];
}

if (document !== null) {
  describe('Stripe’s document', () => {
    test.each(named)('%s takes the same parameters', (_name, operation) => {
      const documented = document.params(operation.method, operation.path);
      expect(documented).not.toBeNull();
      expect(unfitFields(operation.fields, documented ?? new Map())).toEqual([]);
    });

    test.each(named)('%s answers and refuses in the same shape', (name, { method, path }) => {
      for (const { operation, status, body } of exchanges) {
        if (nameOf(operation) !== name) continue;
        const check = document.answerCheck(method, path, status);
        check(body);
        expect({ status, errors: check.errors ?? [] }).toEqual({ status, errors: [] });
      }
    });

    test('would refuse an answer that lacks a member or has a wrong one', () => {
      const check = document.answerCheck('POST', '/v1/payment_intents', 200);
      const paid = exchanges.find(({ status }) => status === 200)?.body as object;
      expect(check({ ...paid, status: 'paid' })).toBe(false);
      expect(check({ ...paid, amount: undefined })).toBe(false);
      expect(check({ ...paid, created: '1' })).toBe(false);
    });

    test('has the shape of every event that was recorded, and of the object in it', async () => {
      const { entries } = await under.control<{ entries: { events: { id: string }[] }[] }>('GET', '/ledger');
      const ids = entries.flatMap(({ events }) => events.map(({ id }) => id));
      expect(ids.length).toBeGreaterThan(10);
      for (const id of ids) {
        const { event } = await under.control<{ event: { data: { object: { object: string } } } }>(
          'GET',
          `/events/${id}`,
        );
        for (const [name, value] of [
          ['event', event],
          [event.data.object.object, event.data.object],
        ] as const) {
          const check = document.objectCheck(name);
          check(value);
          expect({ id, name, errors: check.errors ?? [] }).toEqual({ id, name, errors: [] });
        }
      }
    });
  });
}
