/** Products as those see them who sell them: whatever their state. */

import { type Static, t } from 'elysia';
import { Product, ProductCard } from '#origin/catalog/service.ts';
import { closedObject, DateTime, page, pageQuery } from '#origin/http/schemas.ts';

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

export const MerchantCard = t.Object(
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
