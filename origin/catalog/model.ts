/** What the catalogue answers, and how it is asked. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { AttributeValue } from '#origin/attributes/service.ts';
import {
  closedObject,
  currencyQuery,
  MoneySchema,
  PriceQuery,
  page,
  pageQuery,
  Uuid,
} from '#origin/http/schemas.ts';

export const nullable = <Schema extends Parameters<typeof t.Union>[0][number]>(schema: Schema) =>
  t.Union([schema, t.Null()]);

const Image = t.Object({
  url: t.String({
    description:
      'Pictures under `/media/` come in the widths and formats of `getPicture`: append `?w=320` and so on, ' +
      'also in a `srcset`. Other addresses are as they are.',
  }),
  alt: t.String(),
});

export const Rating = t.Object({
  average: Type.Number({ minimum: 1, maximum: 5, description: 'Of one to five stars, to the hundredth.' }),
  count: Type.Integer({ minimum: 1, description: 'Published reviews.' }),
});
export type Rating = Static<typeof Rating>;

const Price = t.Object(MoneySchema.properties, {
  ...(MoneySchema.examples === undefined ? {} : { examples: MoneySchema.examples as unknown[] }),
  description: 'What one costs a guest now, by the price lists that a cart is charged by.',
});
const CompareAtPrice = t.Union([MoneySchema, t.Null()], {
  description: 'What it is compared with: while a sale is on, what it costs without that.',
});

const cardProperties = {
  id: Uuid,
  slug: t.String(),
  name: t.String(),
  vendor: t.String(),
  price: Price,
  compareAtPrice: CompareAtPrice,
  image: nullable(Image),
  available: t.Boolean(),
  rating: nullable(Rating),
  version: Type.Integer(),
};

const cardExample = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  slug: 'enamel-camping-mug',
  name: 'Enamel Camping Mug',
  vendor: 'Northfold',
  price: { amount: 1450, currency: 'USD' },
  compareAtPrice: null,
  image: { url: '/media/enamel-camping-mug.svg', alt: 'Enamel Camping Mug' },
  available: true,
  rating: { average: 4.5, count: 12 },
  version: 3,
};

export const ProductCard = t.Object(cardProperties, { examples: [cardExample] });
export type ProductCard = Static<typeof ProductCard>;

const ProductVariant = t.Object({
  id: Uuid,
  sku: nullable(t.String()),
  barcode: nullable(t.String()),
  options: t.Record(t.String(), t.String()),
  grams: nullable(Type.Integer({ description: 'What it weighs; null where nobody has said.' })),
  price: Price,
  compareAtPrice: CompareAtPrice,
  available: t.Boolean(),
});

export const Product = t.Object(
  {
    ...cardProperties,
    descriptionHtml: t.String(),
    category: nullable(t.Object({ id: Uuid, slug: t.String(), name: t.String() })),
    tags: t.Array(t.String()),
    options: t.Array(t.Object({ name: t.String(), values: t.Array(t.String()) })),
    variants: t.Array(ProductVariant),
    attributes: t.Array(AttributeValue),
    images: t.Array(Image),
  },
  {
    examples: [
      {
        ...cardExample,
        descriptionHtml: '<p>Keeps coffee warm on cold mornings.</p>',
        category: { id: '01890a5d-ac96-774b-bcce-b302099a8058', slug: 'outdoor-camping', name: 'Camping' },
        tags: ['camping', 'kitchen'],
        options: [{ name: 'Colour', values: ['Red', 'Cream'] }],
        variants: [
          {
            id: '01890a5d-ac96-774b-bcce-b302099a8059',
            sku: 'MUG-RED',
            barcode: '4006381333931',
            options: { Colour: 'Red' },
            grams: 310,
            price: { amount: 1450, currency: 'USD' },
            compareAtPrice: null,
            available: true,
          },
        ],
        attributes: [{ key: 'dishwasher-safe', value: true }],
        images: [{ url: '/media/enamel-camping-mug.svg', alt: 'Enamel Camping Mug' }],
      },
    ],
  },
);
export type Product = Static<typeof Product>;

export const ProductPage = page(ProductCard);
export type ProductPage = Static<typeof ProductPage>;

const Sort = t.Union([t.Literal('newest'), t.Literal('price'), t.Literal('-price'), t.Literal('popular')], {
  error: 'must be newest, price, -price or popular',
  description: '`newest` if not given.',
});
export type ProductSort = Static<typeof Sort>;

export const filterQuery = {
  category: t.Optional(
    t.String({ minLength: 1, maxLength: 200, description: 'Slug of a category; its descendants count.' }),
  ),
  minPrice: t.Optional(PriceQuery),
  maxPrice: t.Optional(PriceQuery),
};

export const ProductListQuery = closedObject({
  ...filterQuery,
  attribute: t.Optional(
    t.String({
      pattern: '^[a-z0-9][a-z0-9-]{0,59}:.{1,200}$',
      error: 'must be the key of an attribute, a colon and a value',
      description: 'Products that say so of themselves: `season:winter`, `dishwasher-safe:true`.',
    }),
  ),
  sort: t.Optional(Sort),
  ...currencyQuery,
  ...pageQuery,
});
export type ProductListQuery = Static<typeof ProductListQuery>;

/** Schemas know patterns without the flag `u`, and so no letters: whatever is not ASCII may be one. */
const FOREIGN = '\\u00aa-\\ud7ff\\uf900-\\uffff';
const FOREIGN_PAIR = '[\\ud800-\\udbff][\\udc00-\\udfff]';

/** Product files name products in letters of every script, and with `_`. */
export const SlugOrId = closedObject({
  id: t.String({
    pattern: `^(?:[a-z0-9${FOREIGN}]|${FOREIGN_PAIR})(?:[a-z0-9_${FOREIGN}-]|${FOREIGN_PAIR}){0,254}$`,
    error: 'must be a slug or an id',
    examples: ['enamel-camping-mug'],
  }),
});
export const ProductQuery = closedObject(currencyQuery);
export const ProductParams = closedObject({ id: Uuid });

/** The answer to a slug of before. */
export const MovedProduct = t.Object(
  { id: Uuid, slug: t.String() },
  { examples: [{ id: '01890a5d-ac96-774b-bcce-b302099a8057', slug: 'enamel-camping-mug' }] },
);
export type MovedProduct = Static<typeof MovedProduct>;

export const RelatedProducts = t.Object(
  { items: t.Array(ProductCard) },
  { examples: [{ items: [cardExample] }] },
);
