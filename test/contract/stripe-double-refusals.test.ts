/** What the Stripe double refuses, with Stripe's status, type, code and `param`. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import Stripe from 'stripe';
import {
  type DoubleUnderTest,
  openDouble,
  pay,
  rawCall,
  refusalOf,
} from '#test/support/stripe-double-client.ts';

let under: DoubleUnderTest;
beforeAll(async () => {
  under = await openDouble();
});
afterAll(() => under.stop());

interface Refusal {
  readonly status: number;
  readonly error: {
    readonly type: string;
    readonly code?: string;
    readonly param?: string;
    readonly message: string;
  };
}

async function refusal(method: string, path: string, form = '', headers = {}): Promise<Refusal> {
  const response = await rawCall(
    under.double,
    method === 'POST' ? { method, path, form, headers } : { method, path: `${path}?${form}`, headers },
  );
  return { status: response.status, ...((await response.json()) as Pick<Refusal, 'error'>) };
}

describe('creating a payment is refused', () => {
  const cases: readonly (readonly [string, string, string | undefined, string | undefined])[] = [
    ['currency=usd', 'no amount', 'parameter_missing', 'amount'],
    ['amount=500', 'no currency', 'parameter_missing', 'currency'],
    ['amount=&currency=usd', 'an empty amount', 'parameter_invalid_empty', 'amount'],
    ['amount=5.5&currency=usd', 'a fraction', 'parameter_invalid_integer', 'amount'],
    ['amount=-5&currency=usd', 'a negative amount', 'parameter_invalid_integer', 'amount'],
    ['amount=1e9&currency=usd', 'an exponent', 'parameter_invalid_integer', 'amount'],
    ['amount=49&currency=usd', 'less than fifty cents', 'amount_too_small', 'amount'],
    ['amount=29&currency=gbp', 'less than thirty pence', 'amount_too_small', 'amount'],
    ['amount=100000000&currency=usd', 'more than eight digits', 'amount_too_large', 'amount'],
    ['amount=500&currency=zzz', 'no such currency', undefined, 'currency'],
    ['amount=500&currency=usd&foo=1', 'an unknown parameter', 'parameter_unknown', 'foo'],
    ['amount=500&currency=usd&shipping[foo]=1', 'a nested unknown one', 'parameter_unknown', 'shipping[foo]'],
    [
      'amount=500&currency=usd&shipping[name]=A',
      'a nested missing one',
      'parameter_missing',
      'shipping[address]',
    ],
    ['amount=500&currency=usd&receipt_email=me', 'no email address', 'email_invalid', 'receipt_email'],
    ['amount=500&currency=usd&customer=', 'an empty customer', 'parameter_invalid_empty', 'customer'],
    ['amount=500&currency=usd&customer=cus_no', 'no such customer', 'resource_missing', 'customer'],
    ['amount=500&currency=usd&payment_method=pm_no', 'no such method', 'resource_missing', 'payment_method'],
    ['amount=500&currency=usd&capture_method=later', 'a wrong choice', undefined, 'capture_method'],
    ['amount=500&currency=usd&confirm=yes', 'no boolean', undefined, 'confirm'],
    ['amount=500&currency=usd&metadata=x', 'metadata that is no hash', undefined, 'metadata'],
    [`amount=500&currency=usd&metadata[${'k'.repeat(41)}]=v`, 'a long metadata key', undefined, 'metadata'],
    ['amount=500&currency=usd&off_session=true', 'off_session without confirm', undefined, 'off_session'],
    ['amount=500&currency=usd&expand[]=status', 'an expansion of no relation', undefined, 'expand'],
    [
      'amount=500&currency=usd&payment_method_types[]=card',
      'a gone parameter',
      'parameter_unknown',
      'payment_method_types',
    ],
  ];
  test.each(cases)('%s (%s)', async (form, _why, code, param) => {
    const { status, error } = await refusal('POST', '/v1/payment_intents', form);
    expect({ status, type: error.type, code: error.code, param: error.param }).toEqual({
      status: 400,
      type: 'invalid_request_error',
      code,
      param,
    });
  });

  test('and nothing of it exists afterwards', async () => {
    const { data } = await under.stripe.paymentIntents.list();
    expect(data).toEqual([]);
  });
});

test('payment_method_types is a parameter for callers that pin a version before it was replaced', async () => {
  const form = 'amount=500&currency=usd&payment_method_types[]=card';
  const headers = { 'stripe-version': '2025-03-31.basil' };
  const response = await rawCall(under.double, {
    method: 'POST',
    path: '/v1/payment_intents',
    form,
    headers,
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('stripe-version')).toBe('2025-03-31.basil');
});

test('a confirmation without return_url is refused while methods that redirect are allowed', async () => {
  const params = { amount: 500, currency: 'usd', payment_method: 'pm_card_visa', confirm: true };
  const error = await refusalOf(under.stripe.paymentIntents.create(params));
  expect(error).toMatchObject({ statusCode: 400, rawType: 'invalid_request_error' });
  expect(error.message).toContain('return_url');
  const never = { automatic_payment_methods: { enabled: true, allow_redirects: 'never' as const } };
  expect((await under.stripe.paymentIntents.create({ ...params, ...never })).status).toBe('succeeded');
});

test('a refund that names no payment is refused', async () => {
  const { status, error } = await refusal('POST', '/v1/refunds', 'amount=5');
  expect({ status, code: error.code }).toEqual({ status: 400, code: 'parameter_missing' });
});

describe('who or what is unknown', () => {
  const missing = [
    ['/v1/payment_intents/pi_no', 'intent'],
    ['/v1/charges/ch_no', 'charge'],
    ['/v1/customers/cus_no', 'id'],
    ['/v1/refunds/re_no', 'id'],
    ['/v1/payment_methods/pm_no', 'payment_method'],
  ] as const;
  test.each(missing)('%s is 404 resource_missing with param %s', async (path, param) => {
    const { status, error } = await refusal('GET', path);
    expect({ status, code: error.code, param: error.param }).toEqual({
      status: 404,
      code: 'resource_missing',
      param,
    });
  });

  test('an unknown URL is 404 and says which', async () => {
    const { status, error } = await refusal('POST', '/v1/coupons');
    expect(status).toBe(404);
    expect(error.message).toStartWith('Unrecognized request URL (POST: /v1/coupons)');
  });

  test('a caller without a key, with a live one or another test key is 401', async () => {
    const only = await openDouble({ secretKey: 'sk_test_double' });
    const attempts = ['', 'Bearer sk_live_x', 'Bearer sk_test_other', `Basic ${btoa('sk_test_other:')}`];
    for (const authorization of attempts) {
      const response = await rawCall(only.double, {
        method: 'GET',
        path: '/v1/customers',
        headers: { authorization },
      });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    }
    const basic = { authorization: `Basic ${btoa('sk_test_double:')}` };
    const answer = await rawCall(only.double, { method: 'GET', path: '/v1/customers', headers: basic });
    expect(answer.status).toBe(200);
    expect((await pay(only.stripe)).status).toBe('succeeded');
    await only.stop();
  });

  test('the SDK sees each as its own class of error', async () => {
    const { stripe } = under;
    expect(await refusalOf(stripe.refunds.retrieve('re_no'))).toBeInstanceOf(
      Stripe.errors.StripeInvalidRequestError,
    );
    const stranger = new Stripe('sk_live_x', {
      host: under.double.hostname,
      port: under.double.port,
      protocol: 'http',
    });
    expect(await refusalOf(stranger.customers.list())).toBeInstanceOf(
      Stripe.errors.StripeAuthenticationError,
    );
  });
});

test('a body that never ends its nesting or its parameters is refused', async () => {
  const deep = `a${'[b]'.repeat(20)}=1`;
  expect((await refusal('POST', '/v1/customers', deep)).status).toBe(400);
  const many = Array.from({ length: 1_001 }, (_, n) => `metadata[k${n}]=1`).join('&');
  expect((await refusal('POST', '/v1/customers', many)).status).toBe(400);
});
