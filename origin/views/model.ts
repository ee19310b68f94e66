/** What the list of looked-at products takes and answers. */

import { type Static, t } from 'elysia';
import { ProductCard } from '#origin/catalog/service.ts';
import { closedObject, pageQuery, Uuid } from '#origin/http/schemas.ts';

export const NewView = closedObject(
  { productId: Uuid },
  { examples: [{ productId: '01890a5d-ac96-774b-bcce-b302099a8058' }] },
);

export const ViewsQuery = closedObject({ limit: pageQuery.limit });
export type ViewsQuery = Static<typeof ViewsQuery>;

export const Views = t.Object(
  { items: t.Array(ProductCard, { description: 'The last one first; what is withdrawn is left out.' }) },
  { examples: [{ items: ProductCard['examples'] ?? [] }] },
);
export type Views = Static<typeof Views>;
