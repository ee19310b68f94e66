/** The rules of pricing in the hands of admins: each is made, listed, changed and ended, and every act is on record. */

import type { Transaction } from '#db/client.ts';
import { violatedConstraint } from '#db/failures.ts';
import type { CustomerGroupId, UserId } from '#lib/ids.ts';
import { AppError, type ProblemCode } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import { type AfterCommit, type AnyKind, GROUP } from './kinds.ts';
import type { RuleListQuery } from './model.ts';
import { addMember, removeMember } from './store.ts';

export { NewOwnPrice, PriceChange, PriceRule, RuleListQuery } from './model.ts';
export { PRICE } from './price-kind.ts';
export { pricesOf } from './store.ts';

/** What the database says no to, as we say it. */
const REFUSALS: Readonly<Record<string, ProblemCode>> = {
  currencies_pkey: 'currency_taken',
  customer_groups_name_unique: 'group_name_taken',
  prices_never_overlap: 'price_window_overlaps',
  tax_rates_never_overlap: 'tax_rate_window_overlaps',
  shipping_areas_country_region_postal_prefix_pk: 'shipping_area_taken',
  discounts_code: 'code_taken',
  prices_variant_id_variants_id_fk: 'variant_not_found',
  prices_group_id_customer_groups_id_fk: 'customer_group_not_found',
  discounts_group_id_customer_groups_id_fk: 'customer_group_not_found',
  shipping_methods_zone_id_shipping_zones_id_fk: 'shipping_zone_not_found',
  customer_group_members_group_id_customer_groups_id_fk: 'customer_group_not_found',
  customer_group_members_user_id_users_id_fk: 'user_not_found',
};

/** Rules that hold between fields: where to look, and what for. */
const INVALID: Readonly<Record<string, readonly [path: string, message: string]>> = {
  prices_compare_at_above: ['/compareAtPrice', 'must be above the price'],
  prices_window: ['/validUntil', 'must not be before validFrom'],
  tax_rates_window: ['/validUntil', 'must not be before validFrom'],
  discounts_window: ['/validUntil', 'must not be before validFrom'],
  shipping_methods_location_of_pickup: ['/locationId', 'is for pick-up only'],
  shipping_methods_have_a_zone: ['/zoneId', 'is what every way of shipping has, and no pick-up'],
  discounts_have_what_they_take_off: [
    '/kind',
    'percent takes ppm, amount takes amount, buy_get takes ppm, buyQuantity and getQuantity, and none takes more',
  ],
  discounts_name_their_currency: ['/currency', 'is what an amount or a minimum takes, and nothing else does'],
  discounts_limits_are_of_codes: ['/code', 'is what a limit of uses takes'],
  discounts_uses_within_limit: ['/maxUses', 'must not be below the uses that there are'],
};

/** Runs a change and turns what the database says no to into ours. @throws {AppError} what stands in the tables above */
export async function refusable<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const constraint = violatedConstraint(error) ?? '';
    const code = REFUSALS[constraint];
    if (code !== undefined) throw new AppError(code);
    const invalid = INVALID[constraint];
    if (invalid === undefined) throw error;
    const [path, message] = invalid;
    throw new AppError('invalid_input', { errors: [{ path, message }] });
  }
}

/** @throws {AppError} what stands in the tables above */
export async function makeRule(deps: Deps, admin: SignedIn, kind: AnyKind, input: object): Promise<unknown> {
  const making = { id: deps.ids.next(), at: deps.clock.now() };
  const { row, settle } = await refusable(() =>
    deps.db.transaction(async (tx) => {
      const made = await kind.make(tx, input, making);
      const settle = await announced(deps, tx, kind, made);
      const object = { kind: kind.name, id: kind.keyOf(made) };
      await recordAct(tx, admin, { action: 'price_rule.made', object, changes: numbersOf(input) });
      return { row: made, settle };
    }),
  );
  await settle();
  return kind.tell(row);
}

async function announced(deps: Deps, tx: Transaction, kind: AnyKind, row: unknown): Promise<AfterCommit> {
  return (await kind.announce?.(deps, tx, row)) ?? (async () => {});
}

/** The oldest first. */
export async function listRules(
  deps: Deps,
  kind: AnyKind,
  { cursor, limit = DEFAULT_PAGE_SIZE }: RuleListQuery,
) {
  const [, after] = cursor === undefined ? [] : decodeCursor(cursor, 'integer', 'uuid', kind.name);
  const rows = await kind.list(deps.db, limit + 1, after);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    items: shown.map((row) => kind.tell(row)),
    nextCursor: hasMore ? encodeCursor([0, kind.keyOf(last), kind.name]) : null,
  };
}

/** @throws {AppError} `price_rule_not_found`, and what {@link makeRule} does */
export async function changeRule(
  deps: Deps,
  admin: SignedIn,
  kind: AnyKind,
  { key, change }: { readonly key: string; readonly change: object },
): Promise<unknown> {
  const { row, settle } = await refusable(() =>
    deps.db.transaction(async (tx) => {
      const found = await kind.lock(tx, key);
      if (found === undefined) throw new AppError('price_rule_not_found');
      const changed = await kind.change(tx, found, change, deps.clock.now());
      const settle = await announced(deps, tx, kind, changed);
      const object = { kind: kind.name, id: key };
      await recordAct(tx, admin, { action: 'price_rule.changed', object, changes: numbersOf(change) });
      return { row: changed, settle };
    }),
  );
  await settle();
  return kind.tell(row);
}

/** @throws {AppError} `price_rule_not_found`, `shop_currency_stays` */
export async function endRule(deps: Deps, admin: SignedIn, kind: AnyKind, key: string): Promise<unknown> {
  const { row, settle } = await deps.db.transaction(async (tx) => {
    const found = await kind.lock(tx, key);
    if (found === undefined) throw new AppError('price_rule_not_found');
    const ended = await kind.end(tx, found, deps.clock.now());
    const settle = await announced(deps, tx, kind, ended);
    await recordAct(tx, admin, { action: 'price_rule.ended', object: { kind: kind.name, id: key } });
    return { row: ended, settle };
  });
  await settle();
  return kind.tell(row);
}

/** For the log, which takes nothing that a person wrote: the numbers, and of everything else the names. */
export function numbersOf(input: object): Record<string, unknown> {
  const entries = Object.entries(input);
  const isPlain = (value: unknown) =>
    typeof value === 'number' || typeof value === 'boolean' || value === null;
  return {
    fields: entries.map(([name]) => name),
    ...Object.fromEntries(entries.filter(([, value]) => isPlain(value))),
  };
}

export interface Membership {
  readonly groupId: CustomerGroupId;
  readonly userId: UserId;
}

/** One who is in it already stays. @throws {AppError} `customer_group_not_found`, `user_not_found` */
export async function join(deps: Deps, admin: SignedIn, member: Membership): Promise<void> {
  await changeMembers(deps, admin, { member, add: true });
}

/** One who is not in it stays out. @throws {AppError} `customer_group_not_found` */
export async function leave(deps: Deps, admin: SignedIn, member: Membership): Promise<void> {
  await changeMembers(deps, admin, { member, add: false });
}

async function changeMembers(
  deps: Deps,
  admin: SignedIn,
  { member, add }: { readonly member: Membership; readonly add: boolean },
): Promise<void> {
  const { groupId: id, userId } = member;
  await refusable(() =>
    deps.db.transaction(async (tx) => {
      if ((await GROUP.lock(tx, id)) === undefined) throw new AppError('customer_group_not_found');
      await (add ? addMember(tx, member) : removeMember(tx, member));
      const action = add ? 'customer_group.joined' : 'customer_group.left';
      await recordAct(tx, admin, { action, object: { kind: GROUP.name, id }, changes: { userId } });
    }),
  );
}
