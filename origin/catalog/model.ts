/** What the catalogue takes and answers. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { AttributeValue } from '#origin/attributes/service.ts';
import {
  closedObject,
  DateTime,
  MoneySchema,
  PriceAmount,
  PriceQuery,
  page,
  pageQuery,
  Uuid,
} from '#origin/http/schemas.ts';

const MAX_STOCK = 10_000_000;
export const MAX_VARIANTS = 100;
const MAX_TAGS = 50;
const MAX_OPTIONS = 3;
const MAX_GRAMS = 100_000_000;
const MAX_IMAGES = 50;
const MAX_RELATED = 12;
const MAX_ATTRIBUTES = 50;
const MAX_DESCRIPTION_LENGTH = 50_000;

const nullable = <Schema extends Parameters<typeof t.Union>[0][number]>(schema: Schema) =>
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

const cardProperties = {
  id: Uuid,
  slug: t.String(),
  name: t.String(),
  vendor: t.String(),
  price: MoneySchema,
  compareAtPrice: nullable(MoneySchema),
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
  price: MoneySchema,
  compareAtPrice: nullable(MoneySchema),
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
  ...pageQuery,
});
export type ProductListQuery = Static<typeof ProductListQuery>;

export const SlugOrId = closedObject({
  id: t.String({ pattern: '^[a-z0-9][a-z0-9-]{0,254}$', error: 'must be a slug or an id' }),
});
export const ProductParams = closedObject({ id: Uuid });

export const IfMatch = t.Object({
  'if-match': t.Optional(
    t.String({ maxLength: 100, description: 'The `ETag` of the product as it was read.' }),
  ),
});

const Name = t.String({ minLength: 3, maxLength: 500 });
const Slug = t.String({ pattern: '^[a-z0-9][a-z0-9-]{0,199}$', error: 'must be a slug: a-z, 0-9 and -' });
const PublishAt = t.Union([DateTime, t.Null()], {
  description:
    'When it comes on sale. Null for a draft, which nobody sees but its seller and admins; a time that has passed is now.',
});
const Vendor = t.String({ maxLength: 200 });
const Description = t.String({
  maxLength: MAX_DESCRIPTION_LENGTH,
  description: 'HTML; what is not safe is removed.',
});
const CategorySlug = t.String({ minLength: 1, maxLength: 200, description: 'Slug of an existing category.' });
const Tags = t.Array(t.String({ minLength: 1, maxLength: 100 }), { maxItems: MAX_TAGS });
const OptionText = t.String({ minLength: 1, maxLength: 200 });

const OptionNames = t.Array(OptionText, { maxItems: MAX_OPTIONS });
const OptionValues = t.Array(OptionText, {
  maxItems: MAX_OPTIONS,
  description: 'One for each of the product’s `optionNames`, in their order.',
});
const Sku = t.String({ minLength: 1, maxLength: 100 });
const Barcode = t.String({ minLength: 1, maxLength: 100 });
const Grams = Type.Integer({ minimum: 0, maximum: MAX_GRAMS, description: 'What it weighs.' });

export const NewVariant = closedObject(
  {
    sku: t.Optional(Sku),
    barcode: t.Optional(Barcode),
    optionValues: t.Optional(OptionValues),
    price: PriceAmount,
    compareAtPrice: t.Optional(PriceAmount),
    grams: t.Optional(Grams),
    requiresShipping: t.Optional(t.Boolean()),
    taxable: t.Optional(t.Boolean()),
    stock: t.Optional(Type.Integer({ minimum: 0, maximum: MAX_STOCK })),
  },
  { examples: [{ sku: 'MUG-BLUE', optionValues: ['Blue'], price: 1450, grams: 310, stock: 12 }] },
);
export type NewVariant = Static<typeof NewVariant>;

const VariantChange = closedObject({
  id: Uuid,
  price: t.Optional(PriceAmount),
  compareAtPrice: t.Optional(nullable(PriceAmount)),
  sku: t.Optional(nullable(Sku)),
  barcode: t.Optional(nullable(Barcode)),
  optionValues: t.Optional(OptionValues),
  grams: t.Optional(nullable(Grams)),
  requiresShipping: t.Optional(t.Boolean()),
  taxable: t.Optional(t.Boolean()),
});
export type VariantChange = Static<typeof VariantChange>;

export const NewProduct = closedObject(
  {
    name: Name,
    slug: t.Optional(Slug),
    publishAt: t.Optional(PublishAt),
    vendor: t.Optional(Vendor),
    descriptionHtml: t.Optional(Description),
    category: CategorySlug,
    tags: t.Optional(Tags),
    optionNames: t.Optional(OptionNames),
    variants: t.Array(NewVariant, { minItems: 1, maxItems: MAX_VARIANTS }),
  },
  {
    examples: [
      {
        name: 'Folding Camp Stool',
        category: 'outdoor',
        variants: [{ sku: 'STOOL-1', price: 2999, stock: 25 }],
      },
    ],
  },
);
export type NewProduct = Static<typeof NewProduct>;

const NewImage = closedObject({
  url: t.String({
    maxLength: 2_048,
    pattern: '^(https?://[^\\s]+|/media/[\\w.-]{1,260})$',
    error: 'must be an http or https address, or /media/ with the name of a picture of the shop',
  }),
  alt: t.Optional(t.String({ maxLength: 512 })),
  variantId: t.Optional(t.String({ ...Uuid, description: 'The variant that it shows; one picture each.' })),
});

export const ProductChange = closedObject(
  {
    name: t.Optional(Name),
    slug: t.Optional(
      t.String({ ...Slug, description: 'Whoever asks by the slug of before is sent to the new one.' }),
    ),
    publishAt: t.Optional(PublishAt),
    vendor: t.Optional(Vendor),
    descriptionHtml: t.Optional(Description),
    category: t.Optional(CategorySlug),
    tags: t.Optional(Tags),
    optionNames: t.Optional(
      t.Array(OptionText, {
        maxItems: MAX_OPTIONS,
        description: 'Renames the options. More or fewer of them need new `optionValues` of every variant.',
      }),
    ),
    variants: t.Optional(t.Array(VariantChange, { minItems: 1, maxItems: MAX_VARIANTS })),
    images: t.Optional(
      t.Array(NewImage, { maxItems: MAX_IMAGES, description: 'All pictures, in their order.' }),
    ),
    attributes: t.Optional(
      t.Array(AttributeValue, { maxItems: MAX_ATTRIBUTES, description: 'All that it says of itself.' }),
    ),
    related: t.Optional(
      t.Array(Uuid, {
        maxItems: MAX_RELATED,
        description: 'The products to show beside it, in their order.',
      }),
    ),
    variantOrder: t.Optional(
      t.Array(Uuid, { maxItems: MAX_VARIANTS, description: 'The ids of all variants, in their new order.' }),
    ),
  },
  {
    examples: [
      {
        name: 'Folding Camp Stool, Oak',
        variants: [{ id: '01890a5d-ac96-774b-bcce-b302099a8059', price: 3499 }],
      },
    ],
  },
);
export type ProductChange = Static<typeof ProductChange>;

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
