/** What the PaymentIntent calls accept: a subset of Stripe's parameters; the rest is refused, never ignored. */

import { CREATED_FIELD, EXPAND, PAGE_FIELDS, SHIPPING_FIELDS } from './operation.ts';
import type { Fields } from './params.ts';

const DESCRIPTION_CHARS = 1_000;
const SUFFIX_CHARS = 22;

/** Replaced by `allowed_payment_method_types` in this API version. */
const METHOD_TYPES_UNTIL = '2026-09-30';

const METHOD_TYPES = {
  allowed_payment_method_types: { kind: 'list', of: { kind: 'text' } },
  payment_method_types: { kind: 'list', of: { kind: 'text' }, until: METHOD_TYPES_UNTIL },
} as const satisfies Fields;

const COMMON = {
  ...EXPAND,
  ...METHOD_TYPES,
  capture_method: { kind: 'choice', values: ['automatic', 'automatic_async', 'manual'] },
  payment_method: { kind: 'text' },
} as const satisfies Fields;

const ATTEMPT = {
  error_on_requires_action: { kind: 'boolean' },
  off_session: {
    kind: 'either',
    of: [{ kind: 'boolean' }, { kind: 'choice', values: ['one_off', 'recurring'] }],
  },
  return_url: { kind: 'text' },
} as const satisfies Fields;

export const CREATE = {
  ...COMMON,
  ...ATTEMPT,
  amount: { kind: 'integer', min: 1, required: true },
  currency: { kind: 'text', required: true },
  automatic_payment_methods: {
    kind: 'hash',
    fields: {
      allow_redirects: { kind: 'choice', values: ['always', 'never'] },
      enabled: { kind: 'boolean', required: true },
    },
  },
  confirm: { kind: 'boolean' },
  confirmation_method: { kind: 'choice', values: ['automatic', 'manual'] },
  customer: { kind: 'text' },
  description: { kind: 'text', maxLength: DESCRIPTION_CHARS },
  metadata: { kind: 'metadata' },
  receipt_email: { kind: 'text', email: true },
  setup_future_usage: { kind: 'choice', values: ['off_session', 'on_session'] },
  shipping: { kind: 'hash', fields: SHIPPING_FIELDS },
  statement_descriptor_suffix: { kind: 'text', maxLength: SUFFIX_CHARS },
} as const satisfies Fields;

const CHANGEABLE = {
  ...COMMON,
  receipt_email: { kind: 'text', email: true, unset: true },
  setup_future_usage: { kind: 'choice', values: ['off_session', 'on_session'], unset: true },
  shipping: { kind: 'hash', fields: SHIPPING_FIELDS, unset: true },
} as const satisfies Fields;

export const UPDATE = {
  ...CHANGEABLE,
  amount: { kind: 'integer', min: 1 },
  currency: { kind: 'text' },
  customer: { kind: 'text' },
  description: { kind: 'text', maxLength: DESCRIPTION_CHARS },
  metadata: { kind: 'metadata' },
  statement_descriptor_suffix: { kind: 'text', maxLength: SUFFIX_CHARS },
} as const satisfies Fields;

export const CONFIRM = { ...CHANGEABLE, ...ATTEMPT } as const satisfies Fields;

export const CAPTURE = {
  ...EXPAND,
  amount_to_capture: { kind: 'integer', min: 1 },
  metadata: { kind: 'metadata' },
  statement_descriptor_suffix: { kind: 'text', maxLength: SUFFIX_CHARS },
} as const satisfies Fields;

export const CANCEL = {
  ...EXPAND,
  cancellation_reason: {
    kind: 'choice',
    values: ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'],
  },
} as const satisfies Fields;

export const RETRIEVE = { ...EXPAND, client_secret: { kind: 'text' } } as const satisfies Fields;

export const LIST = {
  ...PAGE_FIELDS,
  ...CREATED_FIELD,
  customer: { kind: 'text' },
} as const satisfies Fields;
