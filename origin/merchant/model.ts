/** Products as those see them who sell them: whatever their state. */

import { type Static, Type } from '@sinclair/typebox';
import { t } from 'elysia';
import { Product, ProductCard, ProductChange } from '#origin/catalog/service.ts';
import { closedObject, DateTime, page, pageQuery, Uuid } from '#origin/http/schemas.ts';

const STATUSES = ['draft', 'scheduled', 'published', 'withdrawn'] as const;
const Status = t.Union(
  STATUSES.map((status) => t.Literal(status)),
  { error: `must be one of ${STATUSES.join(', ')}` },
);

const publication = {
  status: Status,
  publishAt: t.Union([DateTime, t.Null()], { description: 'When it comes on sale, where it is scheduled.' }),
};
const example = { status: 'scheduled', publishAt: '2026-12-01T08:00:00.000Z' };
const exampleOf = (schema: { examples?: unknown[] }) => [{ ...(schema.examples?.[0] as object), ...example }];

const MerchantCard = t.Object(
  { ...ProductCard.properties, ...publication },
  { examples: exampleOf(ProductCard) },
);
export const MerchantPage = page(MerchantCard);
export type MerchantPage = Static<typeof MerchantPage>;

export const MerchantProduct = t.Object(
  { ...Product.properties, ...publication },
  { examples: exampleOf(Product) },
);

export const MerchantQuery = closedObject({ status: t.Optional(Status), ...pageQuery });
export type MerchantQuery = Static<typeof MerchantQuery>;

const MAX_CHANGES = 100;

const { name, vendor, descriptionHtml, category, tags, publishAt } = ProductChange.properties;

export const BulkChange = closedObject(
  {
    items: t.Array(
      closedObject({
        id: Uuid,
        version: Type.Integer({ minimum: 1, description: 'As it was read: its `version`.' }),
        // Prices are changed one product at a time, by whoever looks at them.
        change: closedObject({ name, vendor, descriptionHtml, category, tags, publishAt }),
      }),
      { minItems: 1, maxItems: MAX_CHANGES },
    ),
  },
  {
    examples: [
      {
        items: [{ id: '01890a5d-ac96-774b-bcce-b302099a8057', version: 3, change: { vendor: 'Northfold' } }],
      },
    ],
  },
);
export type BulkChange = Static<typeof BulkChange>;

const Outcome = t.Object({
  id: Uuid,
  outcome: t.Union([t.Literal('changed'), t.Literal('refused')]),
  code: t.Optional(t.String({ description: 'Of the problem, where it is refused.' })),
  errors: t.Optional(t.Array(t.Object({ path: t.String(), message: t.String() }))),
});
export type Outcome = Static<typeof Outcome>;

export const BulkOutcome = t.Object(
  { items: t.Array(Outcome) },
  {
    examples: [
      {
        items: [
          { id: '01890a5d-ac96-774b-bcce-b302099a8057', outcome: 'changed' },
          { id: '01890a5d-ac96-774b-bcce-b302099a8058', outcome: 'refused', code: 'version_conflict' },
        ],
      },
    ],
  },
);
