/** Categories as search sees them: each with those above it. */

import type { Queryable } from '#db/client.ts';
import { type CategoryRow, listCategoryRows } from '#db/search-source.ts';
import type { CategoryId } from '#lib/ids.ts';

/** Deeper trees are cut off here; it also ends a loop that bad data could make. */
const MAX_DEPTH = 10;

export interface CategoryPaths {
  /** The category, then its parent, and so on. */
  pathOf(id: CategoryId | null): readonly CategoryRow[];
  bySlug(slug: string): CategoryRow | undefined;
}

export async function readCategoryPaths(db: Queryable): Promise<CategoryPaths> {
  const rows = await listCategoryRows(db);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const bySlug = new Map(rows.map((row) => [row.slug, row]));
  return {
    pathOf: (id) => {
      const path: CategoryRow[] = [];
      let row = id === null ? undefined : byId.get(id);
      while (row !== undefined && path.length < MAX_DEPTH) {
        path.push(row);
        row = row.parentId === null ? undefined : byId.get(row.parentId);
      }
      return path;
    },
    bySlug: (slug) => bySlug.get(slug),
  };
}
