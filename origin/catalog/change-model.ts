/** What the catalogue takes: new products, and changes of those there are. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { AttributeValue } from '#origin/attributes/service.ts';
import { closedObject, DateTime, PriceAmount, Uuid } from '#origin/http/schemas.ts';
import { nullable } from './model.ts';

const MAX_STOCK = 10_000_000;
export const MAX_VARIANTS = 100;
const MAX_TAGS = 50;
const MAX_OPTIONS = 3;
const MAX_GRAMS = 100_000_000;
const MAX_IMAGES = 50;
const MAX_RELATED = 12;
const MAX_ATTRIBUTES = 50;
const MAX_DESCRIPTION_LENGTH = 50_000;

export const IfMatch = t.Object({
  'if-match': t.Optional(
    t.String({
      maxLength: 100,
      description: 'The `ETag` of the product as it was read.',
      examples: ['"3-pTq0c2f8eYkW5nLx"'],
    }),
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
