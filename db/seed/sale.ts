/** A category of the demo shop that nobody fills by hand: whatever is reduced is in it. */

import { fillByRule } from '#db/category-rules.ts';
import type { Transaction } from '#db/client.ts';
import { categories } from '#db/schema/catalog.ts';
import { categoryRules } from '#db/schema/category-rules.ts';
import type { CategoryId } from '#lib/ids.ts';
import { DEMO_SEED } from './catalogue.ts';
import { createRandom } from './random.ts';

const SINCE = new Date('2025-01-01T00:00:00Z');
/** After the departments. */
const POSITION = 100;

/** The products are there already; a shop that has a category of the name keeps it as it is. */
export async function writeSale(tx: Transaction): Promise<void> {
  const id = createRandom(DEMO_SEED + 3).id<CategoryId>(SINCE);
  const made = await tx
    .insert(categories)
    .values({ id, slug: 'sale', name: 'Sale', parentId: null, position: POSITION })
    .onConflictDoNothing()
    .returning({ id: categories.id });
  if (made.length === 0) return;
  await tx
    .insert(categoryRules)
    .values({ categoryId: id, match: 'all', conditions: [{ field: 'tag', value: 'sale' }] });
  await fillByRule(tx, id);
}
