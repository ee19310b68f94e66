/** What categories are made of, and changed to. */

import { type Static, Type } from '@sinclair/typebox';
import { t } from 'elysia';
import { closedObject, Uuid } from '#origin/http/schemas.ts';

/** As deep as a product file can say it. */
export const MAX_DEPTH = 8;
export const MAX_CATEGORIES = 5_000;
const MAX_POSITION = 1_000_000;

const Name = t.String({ minLength: 1, maxLength: 100 });
const Slug = t.String({ pattern: '^[a-z0-9][a-z0-9-]{0,199}$', error: 'must be a slug: a-z, 0-9 and -' });
const Parent = t.Union([t.String({ minLength: 1, maxLength: 200 }), t.Null()], {
  description: `Slug of the category above it; null at the top. No tree is deeper than ${MAX_DEPTH}.`,
});
const Position = Type.Integer({
  minimum: 0,
  maximum: MAX_POSITION,
  description: 'Among its siblings; the same positions are in the order of their names.',
});

export const NewCategory = closedObject(
  { name: Name, slug: Slug, parent: t.Optional(Parent), position: t.Optional(Position) },
  { examples: [{ name: 'Hammocks', slug: 'outdoor-hammocks', parent: null }] },
);
export type NewCategory = Static<typeof NewCategory>;

export const CategoryChange = closedObject(
  {
    name: t.Optional(Name),
    slug: t.Optional(Slug),
    parent: t.Optional(Parent),
    position: t.Optional(Position),
  },
  { examples: [{ name: 'Hammocks and Swings', position: 3 }] },
);
export type CategoryChange = Static<typeof CategoryChange>;

export const CategoryParams = closedObject({ id: Uuid });
export const CategoryRemoval = closedObject({
  moveTo: t.Optional(
    t.String({ minLength: 1, maxLength: 200, description: 'Slug of the category that takes its products.' }),
  ),
});

export const Category = t.Object(
  {
    id: Uuid,
    slug: t.String(),
    name: t.String(),
    parentId: t.Union([Uuid, t.Null()]),
    position: Type.Integer(),
  },
  {
    examples: [
      {
        id: '01890a5d-ac96-774b-bcce-b302099a8058',
        slug: 'outdoor-hammocks',
        name: 'Hammocks',
        parentId: null,
        position: 0,
      },
    ],
  },
);

export interface CategoryNode {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly children: readonly CategoryNode[];
}

const categoryExample = {
  id: '01890a5d-ac96-774b-bcce-b302099a8058',
  slug: 'outdoor',
  name: 'Outdoor',
  children: [
    { id: '01890a5d-ac96-774b-bcce-b302099a805a', slug: 'outdoor-camping', name: 'Camping', children: [] },
  ],
};

export const CategoryTree = t.Object(
  {
    items: t.Array(
      t.Object({
        id: Uuid,
        slug: t.String(),
        name: t.String(),
        children: t.Array(t.Unknown(), { description: 'Categories again, to any depth.' }),
      }),
    ),
  },
  { examples: [{ items: [categoryExample] }] },
);
