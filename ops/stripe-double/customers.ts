/** Customers: create, read, change, delete, list. */

import type Stripe from 'stripe';
import { type Context, ok, unixSeconds } from './context.ts';
import { DELETED_NOTE } from './customer-lookup.ts';
import { missingResource } from './errors.ts';
import {
  ADDRESS_PARAM,
  addressOf,
  CREATED_FIELD,
  createdFilter,
  EXPAND,
  listAnswer,
  type Operation,
  operation,
  PAGE_FIELDS,
  patchMetadata,
  previousAttributes,
  SHIPPING_FIELDS,
  shippingOf,
} from './operation.ts';
import type { Fields, Parsed } from './params.ts';
import { attachMethod, detachMethod, requireMethod } from './payment-methods.ts';

const INVOICE_PREFIX_CHARS = 8;

const UPDATE = {
  ...EXPAND,
  address: ADDRESS_PARAM,
  description: { kind: 'text', unset: true },
  email: { kind: 'text', maxLength: 512, email: true, unset: true },
  metadata: { kind: 'metadata' },
  name: { kind: 'text', maxLength: 256, unset: true },
  phone: { kind: 'text', maxLength: 20, unset: true },
  preferred_locales: { kind: 'list', of: { kind: 'text' } },
  shipping: { kind: 'hash', fields: SHIPPING_FIELDS, unset: true },
} as const satisfies Fields;

const CREATE = { ...UPDATE, payment_method: { kind: 'text' } } as const satisfies Fields;

function blankCustomer(context: Context): Stripe.Customer {
  const id = context.ids.next('cus');
  return {
    id,
    object: 'customer',
    address: null,
    balance: 0,
    created: unixSeconds(context.clock),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    email: null,
    invoice_prefix: id.slice(-INVOICE_PREFIX_CHARS).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
}

function withParams(customer: Stripe.Customer, params: Parsed<typeof UPDATE>): Stripe.Customer {
  const { address, shipping } = params;
  const locales = params.preferred_locales;
  return {
    ...customer,
    ...(address === undefined ? {} : { address: address && addressOf(address) }),
    ...(shipping === undefined ? {} : { shipping: shippingOf(shipping) }),
    ...(params.description === undefined ? {} : { description: params.description }),
    ...(params.email === undefined ? {} : { email: params.email }),
    ...(params.name === undefined ? {} : { name: params.name }),
    ...(params.phone === undefined ? {} : { phone: params.phone }),
    ...(locales === undefined ? {} : { preferred_locales: [...locales] }),
    metadata: patchMetadata(customer.metadata, params.metadata),
  };
}

function createCustomer(context: Context, params: Parsed<typeof CREATE>): Stripe.Customer {
  const customer = withParams(blankCustomer(context), params);
  context.store.insert('customer', customer);
  context.emit('customer.created', customer);
  if (params.payment_method !== undefined) {
    attachMethod(context, requireMethod(context, params.payment_method), customer.id);
  }
  return customer;
}

function liveCustomer({ store }: Context, id: string): Stripe.Customer {
  const customer = store.find('customer', id);
  if (customer === null || store.note(id) === DELETED_NOTE) throw missingResource('customer', id, 'id');
  return customer;
}

function deletedAnswer(id: string): Stripe.DeletedCustomer {
  return { id, object: 'customer', deleted: true };
}

/** How many saved methods a deletion takes along; a customer with more is no customer of a shop. */
const MAX_DETACHED_METHODS = 500;

function deleteCustomer(context: Context, id: string): Stripe.DeletedCustomer {
  const customer = liveCustomer(context, id);
  const page = { limit: MAX_DETACHED_METHODS };
  const methods = context.store.list('payment_method', { customer: id }, page).items;
  for (const method of methods) detachMethod(context, method);
  context.store.setNote(id, DELETED_NOTE);
  context.emit('customer.deleted', customer);
  return deletedAnswer(id);
}

export const CUSTOMER_OPERATIONS: readonly Operation[] = [
  operation({
    method: 'POST',
    path: '/v1/customers',
    fields: CREATE,
    run: (context, { params }) => ok(createCustomer(context, params)),
  }),
  operation({
    method: 'GET',
    path: '/v1/customers',
    fields: { ...PAGE_FIELDS, ...CREATED_FIELD, email: { kind: 'text', maxLength: 512 } },
    run: ({ store }, { params }) => {
      const filter = {
        ...createdFilter(params.created),
        ...(params.email === undefined ? {} : { email: params.email }),
        notNote: DELETED_NOTE,
      };
      return ok(listAnswer(store, { kind: 'customer', url: '/v1/customers', filter, params }));
    },
  }),
  operation({
    method: 'GET',
    path: '/v1/customers/:id',
    fields: EXPAND,
    run: (context, { id }) =>
      ok(context.store.note(id) === DELETED_NOTE ? deletedAnswer(id) : liveCustomer(context, id)),
  }),
  operation({
    method: 'POST',
    path: '/v1/customers/:id',
    fields: UPDATE,
    run: (context, { id, params }) => {
      const before = liveCustomer(context, id);
      const after = withParams(before, params);
      context.store.save('customer', after);
      context.emit('customer.updated', after, previousAttributes(before, after));
      return ok(after);
    },
  }),
  operation({
    method: 'DELETE',
    path: '/v1/customers/:id',
    fields: {},
    run: (context, { id }) => ok(deleteCustomer(context, id)),
  }),
];
