/** `expand[]`: replaces ids in an answer by the objects that they name, https://docs.stripe.com/api/expanding_objects */

import { invalidParameter } from './errors.ts';
import type { Kind, Store } from './store.ts';

/** Which members of which object can be expanded, and to what. */
const EXPANDABLE: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  payment_intent: { customer: 'customer', latest_charge: 'charge', payment_method: 'payment_method' },
  charge: {
    balance_transaction: 'balance_transaction',
    customer: 'customer',
    payment_intent: 'payment_intent',
  },
  dispute: { charge: 'charge', payment_intent: 'payment_intent' },
  refund: {
    balance_transaction: 'balance_transaction',
    charge: 'charge',
    customer: 'customer',
    payment_intent: 'payment_intent',
    payment_method: 'payment_method',
  },
  payment_method: { customer: 'customer' },
};
const MAX_DEPTH_NAMES = 4;

type Json = Readonly<Record<string, unknown>>;

interface Step {
  readonly store: Store;
  readonly path: string;
  readonly names: readonly string[];
}

function cannotExpand(path: string): never {
  throw invalidParameter(`This property cannot be expanded (${path}).`, { param: 'expand' });
}

function expandMember(object: Json, { store, path, names }: Step): Json {
  const [name = '', ...rest] = names;
  if (object['object'] === 'list') {
    if (name !== 'data' || !Array.isArray(object['data'])) return cannotExpand(path);
    if (rest.length === 0) return object;
    const data = object['data'].map((item: Json) => expandMember(item, { store, path, names: rest }));
    return { ...object, data };
  }
  const kind = EXPANDABLE[String(object['object'])]?.[name];
  if (kind === undefined) return cannotExpand(path);
  const value = object[name];
  const found = typeof value === 'string' ? store.find(kind, value) : value;
  if (found === null || found === undefined) return object;
  const expanded = found as Json;
  return {
    ...object,
    [name]: rest.length === 0 ? expanded : expandMember(expanded, { store, path, names: rest }),
  };
}

/** @throws {StripeDoubleError} for a path that names something else than a relation. */
export function expandAnswer(store: Store, body: object, paths: readonly string[]): object {
  return paths.reduce<Json>((expanded, path) => {
    const names = path.split('.');
    if (names.length > MAX_DEPTH_NAMES) {
      throw invalidParameter(`You cannot expand more than ${MAX_DEPTH_NAMES} levels of a property`, {
        param: 'expand',
      });
    }
    return expandMember(expanded, { store, path, names });
  }, body as Json);
}
