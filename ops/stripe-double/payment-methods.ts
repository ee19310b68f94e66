/** PaymentMethods: Stripe's magic test ids and tokens, and saving them for a customer. */

import type Stripe from 'stripe';
import { assert, present } from '#lib/assert.ts';
import { nameOfMagicId, nameOfToken, type TestCard, testCard } from './cards.ts';
import { type Context, ok, unixSeconds } from './context.ts';
import { requireCustomer } from './customer-lookup.ts';
import { cardError, invalidParameter, missingReference, missingResource, refused } from './errors.ts';
import { idOf } from './ids.ts';
import {
  addressOf,
  BILLING_DETAILS_PARAM,
  EXPAND,
  listAnswer,
  type Operation,
  operation,
  PAGE_FIELDS,
  patchMetadata,
} from './operation.ts';
import type { Fields, Parsed } from './params.ts';

/** `set_up`: saved with its holder present. `used`: paid without being saved, or detached; never again. */
type Usage = 'fresh' | 'set_up' | 'used';

const EXPIRY_MONTH = 12;
const EXPIRY_YEAR = 2034;

const NO_ADDRESS = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };
const NO_BILLING_DETAILS = { address: NO_ADDRESS, email: null, name: null, phone: null, tax_id: null };

function cardOf(card: TestCard): Stripe.PaymentMethod.Card {
  return {
    brand: card.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: card.country,
    display_brand: card.brand === 'amex' ? 'american_express' : card.brand,
    exp_month: EXPIRY_MONTH,
    exp_year: EXPIRY_YEAR,
    fingerprint: `double${card.brand}${card.last4}`,
    funding: card.funding,
    generated_from: null,
    last4: card.last4,
    networks: { available: [card.brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}

/** Makes the PaymentMethod of a named test card: each use of a magic id is a new one, as at Stripe. */
function createMethod(context: Context, cardName: string): Stripe.PaymentMethod {
  const method: Stripe.PaymentMethod = {
    id: context.ids.next('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: NO_BILLING_DETAILS,
    card: cardOf(present(testCard(cardName), `the test card ${cardName}`)),
    created: unixSeconds(context.clock),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  };
  context.store.insert('payment_method', method, `${cardName}:fresh`);
  return method;
}

/** How payments with the method go, and whether it was saved or used up. */
export function behaviour(context: Context, methodId: string): { card: TestCard; usage: Usage } {
  const [name = '', usage = 'fresh'] = context.store.note(methodId).split(':');
  assert(usage === 'fresh' || usage === 'set_up' || usage === 'used', `${usage} is no usage`);
  return { card: present(testCard(name), `the test card ${name}`), usage };
}

export function markUsage(context: Context, methodId: string, usage: Usage): void {
  const [name = ''] = context.store.note(methodId).split(':');
  context.store.setNote(methodId, `${name}:${usage}`);
}

/** The method that a parameter names; a magic id makes one. */
export function requireMethod(context: Context, id: string): Stripe.PaymentMethod {
  const magic = nameOfMagicId(id);
  if (magic !== null) return createMethod(context, magic);
  const method = context.store.find('payment_method', id);
  if (method === null) throw missingReference('PaymentMethod', id, 'payment_method');
  return method;
}

function methodInPath(context: Context, id: string): Stripe.PaymentMethod {
  const magic = nameOfMagicId(id);
  if (magic !== null) return createMethod(context, magic);
  const method = context.store.find('payment_method', id);
  if (method === null) throw missingResource('PaymentMethod', id, 'payment_method');
  return method;
}

const NOT_TO_BE_SAVED =
  'This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and may not be used again.';
const NOT_TO_PAY_AGAIN =
  'The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.';

/** Saves a method for a customer; the issuer is asked, so that a declining card is refused here. */
export function attachMethod(context: Context, method: Stripe.PaymentMethod, customerId: string) {
  const { card, usage } = behaviour(context, method.id);
  const owner = idOf(method.customer);
  if (owner === customerId) return method;
  if (owner !== null) {
    throw refused('The payment method you provided has already been attached to a customer.', {
      code: 'payment_method_unexpected_state',
    });
  }
  if (usage === 'used') throw refused(NOT_TO_BE_SAVED);
  if (card.decline !== null && !card.attaches) {
    const { code, declineCode, message, param } = card.decline;
    throw cardError(message, { code, decline_code: declineCode, ...(param === undefined ? {} : { param }) });
  }
  const attached: Stripe.PaymentMethod = { ...method, customer: customerId };
  context.store.save('payment_method', attached);
  context.emit('payment_method.attached', attached);
  return attached;
}

export function detachMethod(context: Context, method: Stripe.PaymentMethod): Stripe.PaymentMethod {
  const detached: Stripe.PaymentMethod = { ...method, customer: null };
  context.store.save('payment_method', detached);
  markUsage(context, method.id, 'used');
  context.emit('payment_method.detached', detached, { customer: method.customer });
  return detached;
}

/** A method may pay for its own customer, or for nobody in particular and then only once. Of that Stripe gives no code. */
export function requireUsable(
  context: Context,
  method: Stripe.PaymentMethod,
  customerId: string | null,
): void {
  const owner = idOf(method.customer);
  if (owner !== null && owner !== customerId) {
    const message =
      customerId === null
        ? 'The PaymentMethod you provided is attached to a customer: provide that customer in the request.'
        : `The customer does not have a payment method with the ID ${method.id}.`;
    throw refused(message, { code: 'payment_method_invalid_parameter', param: 'payment_method' });
  }
  if (owner === null && behaviour(context, method.id).usage === 'used') {
    throw refused(NOT_TO_PAY_AGAIN);
  }
}

const CREATE = {
  ...EXPAND,
  type: { kind: 'choice', values: ['card'] },
  card: { kind: 'hash', fields: { token: { kind: 'text', required: true } } },
  billing_details: BILLING_DETAILS_PARAM,
  metadata: { kind: 'metadata' },
} as const satisfies Fields;

const UPDATE = {
  ...EXPAND,
  billing_details: BILLING_DETAILS_PARAM,
  metadata: { kind: 'metadata' },
} as const satisfies Fields;

function billingDetails(
  before: Stripe.PaymentMethod.BillingDetails,
  patch: Parsed<(typeof BILLING_DETAILS_PARAM)['fields']> | undefined,
): Stripe.PaymentMethod.BillingDetails {
  if (patch === undefined) return before;
  const { address, ...rest } = patch;
  return { ...before, ...rest, ...(address ? { address: addressOf(address) } : {}) };
}

function amend(context: Context, method: Stripe.PaymentMethod, params: Parsed<typeof UPDATE>) {
  const amended: Stripe.PaymentMethod = {
    ...method,
    billing_details: billingDetails(method.billing_details, params.billing_details),
    metadata: patchMetadata(method.metadata ?? {}, params.metadata),
  };
  context.store.save('payment_method', amended);
  return amended;
}

function createFromToken(context: Context, params: Parsed<typeof CREATE>): Stripe.PaymentMethod {
  if (params.type === undefined) {
    throw invalidParameter('Missing required param: type.', { code: 'parameter_missing', param: 'type' });
  }
  if (params.card === undefined) {
    throw invalidParameter('Missing required param: card.', { code: 'parameter_missing', param: 'card' });
  }
  const name = nameOfToken(params.card.token);
  if (name === null) throw missingReference('token', params.card.token, 'card[token]');
  return amend(context, createMethod(context, name), params);
}

const LIST = { ...PAGE_FIELDS, type: { kind: 'choice', values: ['card'] } } as const satisfies Fields;

export const PAYMENT_METHOD_OPERATIONS: readonly Operation[] = [
  operation({
    method: 'POST',
    path: '/v1/payment_methods',
    fields: CREATE,
    run: (context, { params }) => ok(createFromToken(context, params)),
  }),
  operation({
    method: 'GET',
    path: '/v1/payment_methods',
    fields: { ...LIST, customer: { kind: 'text' } },
    run: ({ store }, { params }) => {
      const customer = params.customer === undefined ? {} : { customer: params.customer };
      const url = '/v1/payment_methods';
      return ok(listAnswer(store, { kind: 'payment_method', url, filter: customer, params }));
    },
  }),
  operation({
    method: 'GET',
    path: '/v1/payment_methods/:id',
    fields: EXPAND,
    run: (context, { id }) => ok(methodInPath(context, id)),
  }),
  operation({
    method: 'POST',
    path: '/v1/payment_methods/:id',
    fields: UPDATE,
    run: (context, { id, params }) => ok(amend(context, methodInPath(context, id), params)),
  }),
  operation({
    method: 'POST',
    path: '/v1/payment_methods/:id/attach',
    fields: { ...EXPAND, customer: { kind: 'text', required: true } },
    run: (context, { id, params }) => {
      const customer = requireCustomer(context.store, params.customer);
      return ok(attachMethod(context, methodInPath(context, id), customer.id));
    },
  }),
  operation({
    method: 'POST',
    path: '/v1/payment_methods/:id/detach',
    fields: EXPAND,
    run: (context, { id }) => {
      const method = methodInPath(context, id);
      if (method.customer !== null) return ok(detachMethod(context, method));
      throw refused(
        'The payment method you provided is not attached to a customer so detachment is impossible.',
        {
          code: 'payment_method_unexpected_state',
        },
      );
    },
  }),
  operation({
    method: 'GET',
    path: '/v1/customers/:id/payment_methods',
    fields: LIST,
    run: ({ store }, { id, params }) => {
      const url = `/v1/customers/${requireCustomer(store, id).id}/payment_methods`;
      return ok(listAnswer(store, { kind: 'payment_method', url, filter: { customer: id }, params }));
    },
  }),
];
