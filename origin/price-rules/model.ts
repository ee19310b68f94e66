/** What the rules of pricing take and answer: each kind as it is made, as it may be changed, and as it is told. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { closedObject, DateTime, PriceAmount, pageQuery, Uuid } from '#origin/http/schemas.ts';
import { SHIPPING_KINDS } from '#origin/pricing/service.ts';
import {
  Areas,
  answerOf,
  Category,
  Country,
  CurrencyCode,
  changeOf,
  EXAMPLE_ID,
  FROM,
  Instant,
  MAX_TARGETS,
  Name,
  oneOf,
  orNull,
  Rate,
  Region,
  Share,
  Step,
  Steps,
  UNTIL,
  Units,
  window,
} from './parts-model.ts';

const currencyExample = { code: 'EUR', taxInclusive: true };
export const NewCurrency = closedObject(
  { code: CurrencyCode, taxInclusive: t.Boolean({ description: 'Whether prices contain the tax.' }) },
  { examples: [currencyExample] },
);
export const CurrencyChange = changeOf(
  { taxInclusive: t.Boolean(), sold: t.Boolean({ description: 'Whether anything is sold in it.' }) },
  { taxInclusive: false },
);
export const CurrencyRule = answerOf(
  { code: t.String(), taxInclusive: t.Boolean(), endedAt: orNull(DateTime) },
  { ...currencyExample, endedAt: null },
);

const groupExample = { name: 'Trade', taxExempt: false };
const group = {
  name: Name,
  taxExempt: t.Boolean({
    description: 'Whether its members pay no tax: where prices contain it, they pay the price without.',
  }),
};
export const NewGroup = closedObject(group, { examples: [groupExample] });
export const GroupChange = changeOf(group, { taxExempt: true });
export const GroupRule = answerOf(
  { id: Uuid, name: t.String(), taxExempt: t.Boolean(), endedAt: orNull(DateTime) },
  { id: EXAMPLE_ID, ...groupExample, endedAt: null },
);

const priceExample = { variantId: EXAMPLE_ID, currency: 'EUR', kind: 'sale', minQuantity: 1, price: 1290 };
const PRICE_KINDS = ['regular', 'sale'] as const;
const ownPrice = {
  currency: CurrencyCode,
  kind: oneOf(PRICE_KINDS),
  minQuantity: t.Optional(Units),
  price: PriceAmount,
  compareAtPrice: t.Optional(PriceAmount),
  ...window,
};
export const NewPrice = closedObject(
  { variantId: Uuid, groupId: t.Optional(Uuid), ...ownPrice },
  { examples: [{ ...priceExample, compareAtPrice: 1490, validFrom: FROM, validUntil: UNTIL }] },
);
/** Of a variant that its path names, for everybody. */
export const NewOwnPrice = closedObject(ownPrice, {
  examples: [{ currency: 'USD', kind: 'sale', price: 1290, compareAtPrice: 1490, validUntil: UNTIL }],
});
export const PriceChange = changeOf(
  { price: PriceAmount, compareAtPrice: orNull(PriceAmount), validUntil: orNull(Instant) },
  { validUntil: UNTIL },
);
export const PriceRule = answerOf(
  {
    ...{ id: Uuid, variantId: Uuid, currency: t.String(), kind: t.String(), groupId: orNull(Uuid) },
    ...{ minQuantity: Type.Integer(), price: Type.Integer(), compareAtPrice: orNull(Type.Integer()) },
    ...{ validFrom: DateTime, validUntil: orNull(DateTime) },
  },
  {
    id: EXAMPLE_ID,
    ...priceExample,
    groupId: null,
    compareAtPrice: 1490,
    validFrom: FROM,
    validUntil: UNTIL,
  },
);

const taxExample = { name: 'VAT', country: 'DE', region: '', category: 'standard', ratePpm: 190_000 };
export const NewTaxRate = closedObject(
  { name: Name, country: Country, region: t.Optional(Region), category: Category, ratePpm: Rate, ...window },
  { examples: [taxExample] },
);
export const TaxRateChange = changeOf(
  { name: Name, ratePpm: Rate, validUntil: orNull(Instant) },
  { ratePpm: 160_000 },
);
export const TaxRateRule = answerOf(
  {
    ...{ id: Uuid, name: t.String(), country: t.String(), region: t.String(), category: t.String() },
    ...{ ratePpm: Type.Integer(), validFrom: DateTime, validUntil: orNull(DateTime) },
  },
  { id: EXAMPLE_ID, ...taxExample, validFrom: FROM, validUntil: null },
);

const zoneExample = { name: 'Germany', areas: [{ country: 'DE', region: '', postalPrefix: '' }] };
export const NewZone = closedObject({ name: Name, areas: Areas }, { examples: [zoneExample] });
export const ZoneChange = changeOf(
  { name: Name, areas: Areas },
  { name: 'Alps', areas: [{ country: 'AT' }, { country: 'CH' }] },
);
export const ZoneRule = answerOf(
  {
    ...{ id: Uuid, name: t.String() },
    areas: t.Array(t.Object({ country: t.String(), region: t.String(), postalPrefix: t.String() })),
  },
  { id: EXAMPLE_ID, ...zoneExample },
);

const methodExample = {
  ...{ zoneId: EXAMPLE_ID, name: 'Parcel', kind: 'by_weight', currency: 'EUR' },
  ...{
    steps: [
      { from: 0, rate: 490 },
      { from: 5_000, rate: 990 },
    ],
    freeFrom: 5_000,
  },
};
export const NewMethod = closedObject(
  {
    zoneId: t.Optional(Uuid),
    locationId: t.Optional(
      t.String({ ...Uuid, description: 'The stock location where it is picked up; of pick-up only.' }),
    ),
    name: Name,
    kind: oneOf(SHIPPING_KINDS),
    currency: CurrencyCode,
    steps: Steps,
    freeFrom: t.Optional(PriceAmount),
  },
  { examples: [methodExample] },
);
export const MethodChange = changeOf(
  { name: Name, steps: Steps, freeFrom: orNull(PriceAmount) },
  { freeFrom: 10_000 },
);
export const MethodRule = answerOf(
  {
    ...{ id: Uuid, zoneId: orNull(Uuid), locationId: orNull(Uuid) },
    ...{ name: t.String(), kind: t.String(), currency: t.String() },
    ...{ steps: t.Array(Step), freeFrom: orNull(Type.Integer()), endedAt: orNull(DateTime) },
  },
  { id: EXAMPLE_ID, ...methodExample, locationId: null, endedAt: null },
);

const DISCOUNT_KINDS = ['percent', 'amount', 'free_shipping', 'buy_get'] as const;
const Code = t.String({ pattern: '^[A-Z0-9][A-Z0-9_-]{0,39}$', error: 'must be capitals and digits' });
const Targets = t.Array(Uuid, { maxItems: MAX_TARGETS, uniqueItems: true });
const discountExample = {
  name: 'Ten per cent to begin with',
  code: 'WELCOME10',
  kind: 'percent',
  ppm: 100_000,
};
export const NewDiscount = closedObject(
  {
    name: Name,
    code: t.Optional(Code),
    kind: oneOf(DISCOUNT_KINDS),
    ppm: t.Optional(Share),
    amount: t.Optional(Type.Integer({ minimum: 1, maximum: 99_999_999 })),
    buyQuantity: t.Optional(Units),
    getQuantity: t.Optional(Units),
    currency: t.Optional(CurrencyCode),
    minimum: t.Optional(PriceAmount),
    exclusive: t.Optional(t.Boolean({ description: 'Stands alone: it goes with no other discount.' })),
    productIds: t.Optional(Targets),
    categoryIds: t.Optional(Targets),
    groupId: t.Optional(Uuid),
    firstOrderOnly: t.Optional(t.Boolean()),
    maxUses: t.Optional(Units),
    maxUsesPerCustomer: t.Optional(
      Type.Integer({
        ...Units,
        description: 'Of an account and of guests by its email together; of any other guest by the email.',
      }),
    ),
    ...window,
  },
  { examples: [{ ...discountExample, maxUses: 1_000, maxUsesPerCustomer: 1, validUntil: UNTIL }] },
);
export const DiscountChange = changeOf(
  {
    name: Name,
    exclusive: t.Boolean(),
    ppm: Share,
    amount: Type.Integer({ minimum: 1, maximum: 99_999_999 }),
    minimum: PriceAmount,
    maxUses: orNull(Units),
    maxUsesPerCustomer: orNull(Units),
    validUntil: orNull(Instant),
  },
  { maxUses: 2_000 },
);
export const DiscountRule = answerOf(
  {
    ...{
      id: Uuid,
      name: t.String(),
      code: orNull(t.String()),
      kind: t.String(),
      ppm: orNull(Type.Integer()),
    },
    ...{ amount: orNull(Type.Integer()), buyQuantity: orNull(Type.Integer()) },
    ...{ getQuantity: orNull(Type.Integer()), currency: orNull(t.String()), minimum: Type.Integer() },
    ...{ exclusive: t.Boolean(), productIds: t.Array(Uuid), categoryIds: t.Array(Uuid) },
    ...{ groupId: orNull(Uuid), firstOrderOnly: t.Boolean(), maxUses: orNull(Type.Integer()) },
    ...{ maxUsesPerCustomer: orNull(Type.Integer()), uses: Type.Integer() },
    ...{ validFrom: DateTime, validUntil: orNull(DateTime) },
  },
  {
    ...{ id: EXAMPLE_ID, ...discountExample, amount: null, buyQuantity: null, getQuantity: null },
    ...{ currency: null, minimum: 0, exclusive: false, productIds: [], categoryIds: [], groupId: null },
    ...{ firstOrderOnly: false, maxUses: 1_000, maxUsesPerCustomer: 1, uses: 12 },
    ...{ validFrom: FROM, validUntil: UNTIL },
  },
);

export type NewCurrency = Static<typeof NewCurrency>;
export type CurrencyChange = Static<typeof CurrencyChange>;
export type NewGroup = Static<typeof NewGroup>;
export type NewPrice = Static<typeof NewPrice>;
export type NewOwnPrice = Static<typeof NewOwnPrice>;
export type PriceChange = Static<typeof PriceChange>;
export type NewTaxRate = Static<typeof NewTaxRate>;
export type TaxRateChange = Static<typeof TaxRateChange>;
export type NewZone = Static<typeof NewZone>;
export type NewMethod = Static<typeof NewMethod>;
export type MethodChange = Static<typeof MethodChange>;
export type NewDiscount = Static<typeof NewDiscount>;
export type DiscountChange = Static<typeof DiscountChange>;

export const NewMember = closedObject({ userId: Uuid }, { examples: [{ userId: EXAMPLE_ID }] });
export const RuleParams = closedObject({ id: Uuid });
/** By its code; one that is none is not there. */
export const CurrencyParams = closedObject({
  id: t.String({ minLength: 1, maxLength: 40, examples: [currencyExample.code] }),
});
export const MemberParams = closedObject({ id: Uuid, userId: Uuid });
export const RuleListQuery = closedObject(pageQuery);
export type RuleListQuery = Static<typeof RuleListQuery>;
