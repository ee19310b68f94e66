/** Each kind of rule: how what an admin says of it becomes a row, and how a row is told. */

import type { Transaction } from '#db/client.ts';
import { after } from '#lib/clock.ts';
import type { CustomerGroupId, ShippingZoneId, StockLocationId } from '#lib/ids.ts';
import { type Currency, minor, SHOP_CURRENCY } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { type Deps, emit } from '#origin/deps.ts';
import { requireActive } from '#origin/locations/service.ts';
import { isCountedAlike, subdivisionOf } from '#origin/pricing/service.ts';
import type * as model from './model.ts';
import * as store from './store.ts';

export interface Making {
  readonly id: string;
  readonly at: Date;
}

/** What can be done with rules of a kind, whichever it is. */
export interface RuleKind<Row, Input, Change, Told> {
  /** For the audit log. */
  readonly name: string;
  make(tx: Transaction, input: Input, making: Making): Promise<Row>;
  list(db: Parameters<store.RuleTable<Row, never>['list']>[0], limit: number, after?: string): Promise<Row[]>;
  lock(tx: Transaction, key: string): Promise<Row | undefined>;
  change(tx: Transaction, row: Row, change: Change, at: Date): Promise<Row>;
  /** From now on it does not count; what was sold by it stays as it is. */
  end(tx: Transaction, row: Row, at: Date): Promise<Row>;
  /**
   * In the transaction that has changed the rule: tells whoever has answers that are otherwise now. What it returns is to be done
   * once that has been committed.
   */
  announce?(deps: Deps, tx: Transaction, row: Row): Promise<AfterCommit>;
  tell(row: Row): Told;
  keyOf(row: Row): string;
}

export type AfterCommit = () => Promise<void>;

/** Any of them, where it does not matter which: what is given to it has been checked by its own schema. */
export type AnyKind = RuleKind<unknown, object, object, unknown>;

interface Kept {
  readonly version: number;
  readonly createdAt: Date;
}

export const kept = ({ version, createdAt }: Kept) => ({ version, createdAt: createdAt.toISOString() });
export const until = (instant: Date | null) => instant?.toISOString() ?? null;
export const amount = (value: number | null | undefined) =>
  value === null || value === undefined ? null : minor(value);

/** Of a change: what it says, by the names of the columns; what it does not say is left out. */
export function said<Columns extends object>(columns: Columns): Partial<Columns> {
  return Object.fromEntries(
    Object.entries(columns).filter(([, value]) => value !== undefined),
  ) as Partial<Columns>;
}

export const amountSaid = (value: number | null | undefined) =>
  value === undefined ? undefined : amount(value);
export const instantSaid = (value: string | null | undefined) =>
  value === undefined || value === null ? value : new Date(value);

/** Where a window ends that is to end now: one that has not begun never does. */
export function endOf(
  { validFrom, validUntil }: { validFrom: Date; validUntil: Date | null },
  at: Date,
): Date {
  const now = after(at, Math.max(0, validFrom.getTime() - at.getTime()));
  return validUntil !== null && validUntil < now ? validUntil : now;
}

export function windowOf(
  { validFrom, validUntil }: { validFrom?: string; validUntil?: string | null },
  at: Date,
) {
  return {
    validFrom: validFrom === undefined ? at : new Date(validFrom),
    validUntil: validUntil === undefined || validUntil === null ? null : new Date(validUntil),
  };
}

function tableOf<Row, New>({ list, lock }: store.RuleTable<Row, New>) {
  return { list, lock };
}

/** @throws {AppError} `invalid_input` */
function requireCountedAlike(code: Currency, path: string): void {
  if (isCountedAlike(code)) return;
  const message = 'would sell in a currency of which Stripe takes other amounts';
  throw new AppError('invalid_input', { errors: [{ path, message }] });
}

type CurrencyRow = Awaited<ReturnType<typeof store.CURRENCIES.insert>>;

export const CURRENCY = {
  ...tableOf(store.CURRENCIES),
  name: 'currency',
  make: async (tx, { code: spelled, taxInclusive }, { at: createdAt }) => {
    const code = spelled as Currency;
    requireCountedAlike(code, '/code');
    return store.CURRENCIES.insert(tx, { code, taxInclusive, createdAt });
  },
  change: async (tx, { code }, { taxInclusive, sold }, at) => {
    if (sold === true) requireCountedAlike(code, '/sold');
    const endedAt = sold === undefined ? undefined : sold ? null : at;
    return store.CURRENCIES.update(tx, code, said({ taxInclusive, endedAt }));
  },
  end: async (tx, { code }, endedAt) => {
    if (code === SHOP_CURRENCY) throw new AppError('shop_currency_stays');
    return store.CURRENCIES.update(tx, code, { endedAt });
  },
  announce: async (deps, tx, { code: currency }) => {
    await emit(deps, tx, { name: 'currency.changed', data: { currency } });
    return deps.currencies.refresh;
  },
  tell: (row) => ({
    ...{ code: row.code, taxInclusive: row.taxInclusive, endedAt: until(row.endedAt) },
    ...kept(row),
  }),
  keyOf: ({ code }) => code,
} satisfies RuleKind<CurrencyRow, model.NewCurrency, model.CurrencyChange, unknown>;

type GroupRow = Awaited<ReturnType<typeof store.GROUPS.insert>>;

export const GROUP = {
  ...tableOf(store.GROUPS),
  name: 'customer_group',
  make: (tx, { name, taxExempt }, { id, at: createdAt }) =>
    store.GROUPS.insert(tx, { id: id as CustomerGroupId, name, taxExempt, createdAt }),
  change: (tx, { id }, { name, taxExempt }) => store.GROUPS.update(tx, id, said({ name, taxExempt })),
  end: (tx, { id }, endedAt) => store.GROUPS.update(tx, id, { endedAt }),
  tell: (row) => ({
    ...{ id: row.id, name: row.name, taxExempt: row.taxExempt, endedAt: until(row.endedAt) },
    ...kept(row),
  }),
  keyOf: ({ id }) => id,
} satisfies RuleKind<GroupRow, model.NewGroup, Partial<model.NewGroup>, unknown>;

/** What no address is taken to lie in would be a rule for nobody. @throws {AppError} `invalid_input` */
function requireRegion(country: string, region: string, path: string): void {
  if (region === '' || subdivisionOf(country, region) === region) return;
  const message = 'must be the code of a subdivision right below the country (ISO 3166-2)';
  throw new AppError('invalid_input', { errors: [{ path, message }] });
}

type TaxRateRow = Awaited<ReturnType<typeof store.TAX_RATES.insert>>;

export const TAX_RATE = {
  ...tableOf(store.TAX_RATES),
  name: 'tax_rate',
  make: (tx, { region = '', ...input }, { id, at }) => {
    const { name, country, category, ratePpm } = input;
    requireRegion(country, region, '/region');
    const place = { id: id as TaxRateRow['id'], country, region, category };
    return store.TAX_RATES.insert(tx, { ...place, name, ratePpm, ...windowOf(input, at), createdAt: at });
  },
  change: (tx, { id }, { name, ratePpm, validUntil }) =>
    store.TAX_RATES.update(
      tx,
      id,
      said({ name, ratePpm, validUntil: instantSaid(validUntil) }) as Partial<TaxRateRow>,
    ),
  end: (tx, row, at) => store.TAX_RATES.update(tx, row.id, { validUntil: endOf(row, at) }),
  tell: (row) => ({
    ...{ id: row.id, name: row.name, country: row.country, region: row.region, category: row.category },
    ...{ ratePpm: row.ratePpm, validFrom: row.validFrom.toISOString(), validUntil: until(row.validUntil) },
    ...kept(row),
  }),
  keyOf: ({ id }) => id,
} satisfies RuleKind<TaxRateRow, model.NewTaxRate, model.TaxRateChange, unknown>;

interface ZoneRow extends Awaited<ReturnType<typeof store.ZONES.insert>> {
  readonly areas: readonly Omit<store.AreaRow, 'zoneId'>[];
}

function areasOf(areas: model.NewZone['areas']): ZoneRow['areas'] {
  return areas.map(({ country, region = '', postalPrefix = '' }, index) => {
    requireRegion(country, region, `/areas/${index}/region`);
    return { country, region, postalPrefix };
  });
}

export const ZONE = {
  name: 'shipping_zone',
  make: async (tx, { name, areas }, { id, at: createdAt }) => {
    const row = await store.ZONES.insert(tx, { id: id as ShippingZoneId, name, createdAt });
    await store.replaceAreas(tx, row.id, areasOf(areas));
    return { ...row, areas: areasOf(areas) };
  },
  list: async (db, limit, after) => {
    const rows = await store.ZONES.list(db, limit, after);
    return Promise.all(rows.map(async (row) => ({ ...row, areas: await store.findAreas(db, row.id) })));
  },
  lock: async (tx, key) => {
    const row = await store.ZONES.lock(tx, key);
    return row === undefined ? undefined : { ...row, areas: await store.findAreas(tx, row.id) };
  },
  change: async (tx, { id, areas: before }, { name, areas }) => {
    const row = await store.ZONES.update(tx, id, said({ name }));
    if (areas === undefined) return { ...row, areas: before };
    await store.replaceAreas(tx, id, areasOf(areas));
    return { ...row, areas: areasOf(areas) };
  },
  end: async (tx, { id }) => {
    await store.replaceAreas(tx, id, []);
    return { ...(await store.ZONES.update(tx, id, {})), areas: [] };
  },
  tell: (row) => ({
    ...{ id: row.id, name: row.name },
    areas: row.areas.map(({ country, region, postalPrefix }) => ({ country, region, postalPrefix })),
    ...kept(row),
  }),
  keyOf: ({ id }) => id,
} satisfies RuleKind<ZoneRow, model.NewZone, Partial<model.NewZone>, unknown>;

type MethodRow = Awaited<ReturnType<typeof store.METHODS.insert>>;

function stepsOf(steps: model.NewMethod['steps']) {
  const isAscending = steps.every(({ from }, index) =>
    index === 0 ? from === 0 : from > (steps[index - 1]?.from ?? 0),
  );
  if (!isAscending) {
    const message = 'must begin at 0 and ascend';
    throw new AppError('invalid_input', { errors: [{ path: '/steps', message }] });
  }
  return steps.map(({ from, rate }) => ({ from, rateMinor: rate }));
}

export const METHOD = {
  ...tableOf(store.METHODS),
  name: 'shipping_method',
  make: async (tx, { name, kind, ...input }, { id, at: createdAt }) => {
    const locationId = (input.locationId ?? null) as StockLocationId | null;
    if (locationId !== null) await requireActive(tx, locationId);
    return store.METHODS.insert(tx, {
      id: id as MethodRow['id'],
      zoneId: (input.zoneId ?? null) as ShippingZoneId | null,
      ...{ locationId, name, kind, createdAt },
      currency: input.currency as Currency,
      steps: stepsOf(input.steps),
      freeFromMinor: amount(input.freeFrom),
    });
  },
  change: async (tx, { id }, { name, steps, freeFrom }) => {
    const changes = { name, steps: steps && stepsOf(steps), freeFromMinor: amountSaid(freeFrom) };
    return store.METHODS.update(tx, id, said(changes) as Partial<MethodRow>);
  },
  end: (tx, { id }, endedAt) => store.METHODS.update(tx, id, { endedAt }),
  tell: (row) => ({
    ...{
      id: row.id,
      zoneId: row.zoneId,
      locationId: row.locationId,
      name: row.name,
      kind: row.kind,
      currency: row.currency,
    },
    steps: row.steps.map(({ from, rateMinor }) => ({ from, rate: rateMinor })),
    ...{ freeFrom: row.freeFromMinor, endedAt: until(row.endedAt) },
    ...kept(row),
  }),
  keyOf: ({ id }) => id,
} satisfies RuleKind<MethodRow, model.NewMethod, model.MethodChange, unknown>;
