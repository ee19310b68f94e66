/** Changing the tree of categories: one change at a time, with the whole tree in hand. */

import type { Transaction } from '#db/client.ts';
import { violatedConstraint } from '#db/failures.ts';
import { markHandled } from '#db/outbox.ts';
import type { CategoryId, EventId, ProductId } from '#lib/ids.ts';
import { AppError, type ProblemCode } from '#lib/problems.ts';
import { type Act, recordAct } from '#origin/audit-log/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { type CategoryChange, MAX_CATEGORIES, MAX_DEPTH, type NewCategory } from './model.ts';
import * as store from './store.ts';
import { breach } from './tree.ts';

/** What one removal moves; a category with more is emptied by changing its products first. */
const MAX_MOVED_PRODUCTS = 5_000;
const PRODUCTS_PER_TRANSACTION = 200;

export { type CategoryNode, CategoryTree } from './model.ts';

const REFUSALS: Readonly<Record<string, ProblemCode>> = {
  categories_slug_unique: 'category_taken',
  categories_siblings: 'category_taken',
  // A product or a category that came at the same moment.
  products_category_id_categories_id_fk: 'category_not_empty',
  categories_parent_id_categories_id_fk: 'category_not_empty',
  attributes_category_id_categories_id_fk: 'category_not_empty',
  category_rules_category_id_categories_id_fk: 'category_not_empty',
  category_members_category_id_categories_id_fk: 'category_not_empty',
};

type Tree = readonly store.CategoryRow[];

/** @throws {AppError} `invalid_input`, `category_taken`, `categories_full`, `category_misplaced` */
export async function createCategory(
  deps: Deps,
  admin: SignedIn,
  input: NewCategory,
): Promise<store.CategoryRow> {
  const id = deps.ids.next<CategoryId>();
  return changeTree(deps, admin, { id, action: 'category.created' }, async (tx, tree) => {
    if (tree.length >= MAX_CATEGORIES) throw new AppError('categories_full');
    const { name, slug, position = 0 } = input;
    const category = { id, name, slug, position, parentId: parentOf(tree, input.parent ?? null) };
    requireWhole([...tree, category], category);
    await store.insertCategory(tx, category);
    return category;
  });
}

/** @throws {AppError} `category_not_found`, `invalid_input`, `category_taken`, `category_misplaced` */
export async function changeCategory(
  deps: Deps,
  admin: SignedIn,
  id: CategoryId,
  { parent, ...change }: CategoryChange,
): Promise<store.CategoryRow> {
  return changeTree(deps, admin, { id, action: 'category.changed' }, async (tx, tree) => {
    const before = requireCategory(tree, id);
    const category = {
      ...before,
      ...change,
      ...(parent === undefined ? {} : { parentId: parentOf(tree, parent) }),
    };
    requireWhole(tree, category);
    await store.updateCategory(tx, category);
    return category;
  });
}

/** @throws {AppError} `category_not_found`, `category_not_empty`, `invalid_input` */
export async function removeCategory(
  deps: Deps,
  admin: SignedIn,
  id: CategoryId,
  moveTo: string | undefined,
): Promise<void> {
  await changeTree(deps, admin, { id, action: 'category.removed' }, async (tx, tree) => {
    requireCategory(tree, id);
    if (tree.some(({ parentId }) => parentId === id)) throw new AppError('category_not_empty');
    const most = moveTo === undefined ? 1 : MAX_MOVED_PRODUCTS + 1;
    const products = await store.countProducts(tx, id, most);
    if (products === most) throw new AppError('category_not_empty');
    const target = moveTo === undefined ? undefined : tree.find(({ slug }) => slug === moveTo);
    if (moveTo !== undefined && (target === undefined || target.id === id)) throw noCategory('query/moveTo');
    if (target !== undefined) await store.moveProducts(tx, id, target.id);
    await store.deleteCategory(tx, id);
    // Whose products have to be looked at anew: those that have moved are among them.
    return target ?? null;
  });
}

interface TreeAct {
  readonly id: CategoryId;
  readonly action: Act['action'];
}

async function changeTree<Changed extends store.CategoryRow | null>(
  deps: Deps,
  admin: SignedIn,
  { id, action }: TreeAct,
  change: (tx: Transaction, tree: Tree) => Promise<Changed>,
): Promise<Changed> {
  try {
    return await deps.db.transaction(async (tx) => {
      const changed = await change(tx, await store.lockTree(tx));
      await emit(deps, tx, { name: 'category.changed', data: { categoryId: changed?.id ?? id } });
      const changes = changed === null ? {} : { slug: changed.slug, parentId: changed.parentId };
      await recordAct(tx, admin, { action, object: { kind: 'category', id }, changes });
      return changed;
    });
  } catch (error) {
    const code = REFUSALS[violatedConstraint(error) ?? ''];
    throw code === undefined ? error : new AppError(code);
  }
}

function requireCategory(tree: Tree, id: CategoryId): store.CategoryRow {
  const category = tree.find((each) => each.id === id);
  if (category === undefined) throw new AppError('category_not_found');
  return category;
}

function parentOf(tree: Tree, slug: string | null): CategoryId | null {
  if (slug === null) return null;
  const parent = tree.find((each) => each.slug === slug);
  if (parent === undefined) throw noCategory('/parent');
  return parent.id;
}

function requireWhole(tree: Tree, category: store.CategoryRow): void {
  const how = breach(tree, category, MAX_DEPTH);
  if (how !== null) throw new AppError('category_misplaced', { reason: how });
}

function noCategory(path: string): AppError {
  return new AppError('invalid_input', { errors: [{ path, message: 'is not the slug of a category' }] });
}

export interface ProductsToRenew {
  readonly categoryId: CategoryId;
  /** Those up to this one are renewed. */
  readonly after: ProductId | null;
}

/** Who asks for it, in the inbox, and by which event. */
interface Mark {
  readonly consumer: string;
  readonly eventId: EventId;
}

/**
 * The products of a category and of those below it say what that is called, and are found by it: the next of them
 * get a new version. An event asks for those after them, however many there are: each part is done once.
 */
export async function renewProductsOf(
  deps: Deps,
  { categoryId, after }: ProductsToRenew,
  { consumer, eventId }: Mark,
): Promise<void> {
  const category = await store.findCategory(deps.db, categoryId);
  if (category === undefined) return;
  const query = { slug: category.slug, after, limit: PRODUCTS_PER_TRANSACTION };
  await deps.db.transaction(async (tx) => {
    if (!(await markHandled(tx, consumer, eventId))) return;
    const rows = await store.renewProducts(tx, query, deps.clock.now());
    for (const { id: productId, slug, version } of rows) {
      await emit(deps, tx, { name: 'product.changed', data: { productId, slug, version } });
    }
    const last = rows
      .map(({ id }) => id)
      .toSorted()
      .at(-1);
    if (last === undefined || rows.length < PRODUCTS_PER_TRANSACTION) return;
    await emit(deps, tx, { name: 'category.products_renewed', data: { categoryId, after: last } });
  });
}
