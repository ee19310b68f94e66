/** The category tree as the import grows it: a path of names leads to one category. */

import type { Queryable } from '#db/client.ts';
import { appendEvents } from '#db/outbox.ts';
import { categories } from '#db/schema/catalog.ts';
import { inbox } from '#db/schema/messaging.ts';
import type { CategoryId, EventId, IdSource } from '#lib/ids.ts';
import { insertAll } from './insert-all.ts';

type NewCategory = typeof categories.$inferInsert;

export interface CategoryTree {
  /** The category at the end of the path; missing ones are made on the way. Null for an empty path. */
  reach(path: readonly string[]): CategoryId | null;
  /** The categories made since the last call, parents first. */
  take(): readonly NewCategory[];
  /** With an event of each, so that caches show the tree as it is. */
  save(db: Queryable, made: readonly NewCategory[]): Promise<void>;
}

const UNNAMED = 'category';
/** What lists filter by is no longer than 200; a number may follow. */
const MAX_SLUG_CHARACTERS = 190;
/** Renews the products of a changed category: those of a new one come with events of their own. */
const PRODUCTS_RENEWER = 'category-products';

export async function loadCategories(db: Queryable, ids: IdSource): Promise<CategoryTree> {
  const stored = await db.select().from(categories);
  const known = new Map(stored.map(({ id, parentId, name }) => [keyOf(parentId, name), id]));
  const slugs = new Map(stored.map(({ id, slug }) => [id, slug]));
  const taken = new Set(slugs.values());
  const siblings = new Map<CategoryId | null, number>();
  for (const { parentId } of stored) siblings.set(parentId, (siblings.get(parentId) ?? 0) + 1);
  let fresh: NewCategory[] = [];

  const make = (parentId: CategoryId | null, name: string): CategoryId => {
    const id = ids.next<CategoryId>();
    const parentSlug = parentId === null ? '' : `${slugs.get(parentId) ?? ''}-`;
    const slug = freeSlug(shortened(`${parentSlug}${slugOf(name)}`), taken);
    const position = siblings.get(parentId) ?? 0;
    fresh.push({ id, slug, name, parentId, position });
    known.set(keyOf(parentId, name), id);
    slugs.set(id, slug);
    taken.add(slug);
    siblings.set(parentId, position + 1);
    return id;
  };

  return {
    reach: (path) =>
      path.reduce<CategoryId | null>(
        (parentId, name) => known.get(keyOf(parentId, name)) ?? make(parentId, name),
        null,
      ),
    take: () => {
      const made = fresh;
      fresh = [];
      return made;
    },
    save: async (db, made) => {
      if (made.length === 0) return;
      const occurredAt = new Date();
      const events = made.map(({ id: categoryId }) => ({
        ...{ id: ids.next<EventId>(), occurredAt, traceparent: null },
        ...({ name: 'category.changed', data: { categoryId } } as const),
      }));
      await db.transaction(async (tx) => {
        await insertAll(tx, categories, made);
        await insertAll(
          tx,
          inbox,
          events.map(({ id: eventId }) => ({ consumer: PRODUCTS_RENEWER, eventId })),
        );
        await appendEvents(tx, events);
      });
    },
  };
}

function keyOf(parentId: CategoryId | null, name: string): string {
  return `${parentId ?? ''}/${name}`;
}

/** 'Men/Tops' and 'Men Tops' would share a slug: the later one gets a number. */
function freeSlug(slug: string, taken: ReadonlySet<string>): string {
  let free = slug;
  for (let number = 2; taken.has(free); number += 1) free = `${slug}-${number}`;
  return free;
}

function shortened(slug: string): string {
  return slug.slice(0, MAX_SLUG_CHARACTERS).replace(/[\ud800-\udbff]$/, '');
}

function slugOf(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return plain.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || UNNAMED;
}
