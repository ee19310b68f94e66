/** One call of the API: its address, its parameter schema and its handler; and the parameters many calls share. */

import { type Answer, type Context, ok } from './context.ts';
import { invalidParameter } from './errors.ts';
import type { Fields, Parsed } from './params.ts';
import type { Filter, Kind, Page, Store, Stored } from './store.ts';

interface ParsedCall {
  /** The id in the path, or an empty text where the path has none. */
  readonly id: string;
  /** What {@link Operation.fields} made of the request. */
  readonly params: unknown;
}

export interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `:id` stands for an id. */
  readonly path: string;
  readonly fields: Fields;
  run(context: Context, call: ParsedCall): Answer;
}

interface Definition<F extends Fields> extends Pick<Operation, 'method' | 'path'> {
  readonly fields: F;
  run(context: Context, call: ParsedCall & { readonly params: Parsed<F> }): Answer;
}

/** Ties a handler's types to its schema; the router may then treat all operations alike. */
export function operation<F extends Fields>(definition: Definition<F>): Operation {
  return {
    ...definition,
    run: (context, call) => definition.run(context, { id: call.id, params: call.params as Parsed<F> }),
  };
}

export const EXPAND = { expand: { kind: 'list', of: { kind: 'text' } } } as const satisfies Fields;

const ADDRESS = {
  city: { kind: 'text', unset: true },
  country: { kind: 'text', unset: true },
  line1: { kind: 'text', unset: true },
  line2: { kind: 'text', unset: true },
  postal_code: { kind: 'text', unset: true },
  state: { kind: 'text', unset: true },
} as const satisfies Fields;

export const ADDRESS_PARAM = { kind: 'hash', fields: ADDRESS, unset: true } as const;

export const SHIPPING_FIELDS = {
  address: { kind: 'hash', fields: ADDRESS, required: true },
  name: { kind: 'text', required: true },
  phone: { kind: 'text' },
} as const satisfies Fields;

export const BILLING_DETAILS_PARAM = {
  kind: 'hash',
  fields: {
    address: ADDRESS_PARAM,
    email: { kind: 'text', unset: true, email: true },
    name: { kind: 'text', unset: true },
    phone: { kind: 'text', unset: true },
  },
} as const;

const MAX_PAGE_ITEMS = 100;
const DEFAULT_PAGE_ITEMS = 10;

export const PAGE_FIELDS = {
  ...EXPAND,
  limit: { kind: 'integer', min: 1, max: MAX_PAGE_ITEMS },
  starting_after: { kind: 'text' },
  ending_before: { kind: 'text' },
} as const satisfies Fields;

const RANGE = {
  gt: { kind: 'integer' },
  gte: { kind: 'integer' },
  lt: { kind: 'integer' },
  lte: { kind: 'integer' },
} as const satisfies Fields;

export const CREATED_FIELD = {
  created: { kind: 'either', of: [{ kind: 'integer' }, { kind: 'hash', fields: RANGE }] },
} as const satisfies Fields;

export function createdFilter(
  created: number | Parsed<typeof RANGE> | undefined,
): Pick<Filter, 'createdFrom' | 'createdTo'> {
  if (created === undefined) return {};
  if (typeof created === 'number') return { createdFrom: created, createdTo: created };
  const from = created.gte ?? (created.gt === undefined ? undefined : created.gt + 1);
  const to = created.lte ?? (created.lt === undefined ? undefined : created.lt - 1);
  return {
    ...(from === undefined ? {} : { createdFrom: from }),
    ...(to === undefined ? {} : { createdTo: to }),
  };
}

function cursor(store: Store, params: Parsed<typeof PAGE_FIELDS>, name: 'starting_after' | 'ending_before') {
  const id = params[name];
  if (id === undefined || store.sequence(id) !== null) return id;
  throw invalidParameter(`No such object: '${id}'`, { code: 'resource_missing', param: name });
}

function pageOf(store: Store, params: Parsed<typeof PAGE_FIELDS>): Page {
  const [after, before] = [cursor(store, params, 'starting_after'), cursor(store, params, 'ending_before')];
  if (after !== undefined && before !== undefined) {
    throw invalidParameter('You may only specify one of these parameters: starting_after, ending_before.', {
      code: 'parameters_exclusive',
      param: 'starting_after',
    });
  }
  return {
    limit: params.limit ?? DEFAULT_PAGE_ITEMS,
    ...(after === undefined ? {} : { startingAfter: after }),
    ...(before === undefined ? {} : { endingBefore: before }),
  };
}

export interface ListQuery<K extends Kind> {
  readonly kind: K;
  readonly url: string;
  readonly filter: Filter;
  readonly params: Parsed<typeof PAGE_FIELDS>;
}

/** A list as Stripe answers it. */
export function listAnswer<K extends Kind>(
  store: Store,
  { kind, url, filter, params }: ListQuery<K>,
): { object: 'list'; data: Stored[K][]; has_more: boolean; url: string } {
  const { items, hasMore } = store.list(kind, filter, pageOf(store, params));
  return { object: 'list', data: items, has_more: hasMore, url };
}

/** The list of what belongs to a charge: its refunds, its disputes. */
export function listOfCharge(kind: 'refund' | 'dispute'): Operation {
  const path = `/v1/${kind}s`;
  return operation({
    method: 'GET',
    path,
    fields: { ...PAGE_FIELDS, ...CREATED_FIELD, charge: { kind: 'text' }, payment_intent: { kind: 'text' } },
    run: ({ store }, { params }) => {
      const filter = {
        ...createdFilter(params.created),
        ...(params.charge === undefined ? {} : { charge: params.charge }),
        ...(params.payment_intent === undefined ? {} : { paymentIntent: params.payment_intent }),
      };
      return ok(listAnswer(store, { kind, url: path, filter, params }));
    },
  });
}

/** Given keys are set, a null takes one away; a null instead of the patch clears everything. */
export function patchMetadata(
  before: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>> | null | undefined,
): Record<string, string> {
  if (patch === null) return {};
  const merged = Object.entries({ ...before, ...patch });
  return Object.fromEntries(merged.flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
}

const EMPTY_ADDRESS = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };

export function addressOf(address: Parsed<typeof ADDRESS>) {
  return { ...EMPTY_ADDRESS, ...address };
}

export function shippingOf(shipping: Parsed<typeof SHIPPING_FIELDS> | null | undefined) {
  if (shipping === null || shipping === undefined) return null;
  return { address: addressOf(shipping.address), name: shipping.name, phone: shipping.phone ?? null };
}

/** The members whose values differ, as they were: `previous_attributes` of an update's event. */
export function previousAttributes(before: object, after: object): Record<string, unknown> {
  const now = new Map(Object.entries(after));
  const changed = Object.entries(before).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(now.get(name)),
  );
  return Object.fromEntries(changed);
}
