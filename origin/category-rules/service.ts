/** Rules by which categories take products in. A worker does what they say; nobody who reads the shop waits for it. */

import { holdRules, lockRules } from '#db/category-rules.ts';
import type { Transaction } from '#db/client.ts';
import type { CategoryCondition } from '#db/schema/category-rules.ts';
import type { CategoryId, ProductId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import { readCards } from '#origin/catalog/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { MAX_RULES, type NewRule, type Preview } from './model.ts';
import * as store from './store.ts';

const PRODUCTS_LOOKED_AT = 5_000;
const PRODUCTS_PER_TRANSACTION = 200;
const PREVIEWED = { looked: 20_000, shown: 20 };

/** @throws {AppError} `category_rule_not_found` */
export async function readRule(deps: Deps, admin: SignedIn, id: CategoryId): Promise<RuleAnswer> {
  const rule = await deps.ownWrites.read(admin, (db) => store.findRule(db, id));
  if (rule === undefined) throw new AppError('category_rule_not_found');
  return toAnswer(rule);
}

/** @throws {AppError} `category_not_found`, `invalid_input`, `category_rules_full` */
export async function saveRule(
  deps: Deps,
  admin: SignedIn,
  id: CategoryId,
  rule: NewRule,
): Promise<RuleAnswer> {
  const conditions = checked(rule.conditions);
  const saved = await deps.db.transaction(async (tx) => {
    if (!(await store.holdCategory(tx, id))) throw new AppError('category_not_found');
    await requireAttributes(tx, conditions);
    await lockRules(tx);
    if ((await store.countRulesBeside(tx, id)) >= MAX_RULES) throw new AppError('category_rules_full');
    const { match } = rule;
    const row = await store.upsertRule(tx, id, { match, conditions }, deps.clock.now());
    await tell(deps, tx, admin, {
      id,
      action: 'category_rule.saved',
      changes: { match, conditions: conditions.length },
    });
    return row;
  });
  await deps.ownWrites.note(admin);
  if (saved === undefined) throw new AppError('category_not_found');
  return toAnswer(saved);
}

/** Its products leave with it, a moment later. @throws {AppError} `category_rule_not_found` */
export async function removeRule(deps: Deps, admin: SignedIn, id: CategoryId): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await lockRules(tx);
    if (!(await store.deleteRule(tx, id))) throw new AppError('category_rule_not_found');
    await tell(deps, tx, admin, { id, action: 'category_rule.removed', changes: {} });
  });
  await deps.ownWrites.note(admin);
}

/** What a rule would take in, were it saved. @throws {AppError} `invalid_input` */
export async function previewRule(deps: Deps, { match, conditions }: NewRule): Promise<Preview> {
  const rule = { match, conditions: checked(conditions) };
  const found = await deps.readers.reporting((db) => store.preview(db, rule, PREVIEWED));
  const { cards } = await readCards(deps, found.ids);
  return { matching: found.matching, isComplete: found.looked < PREVIEWED.looked, items: [...cards] };
}

/**
 * Takes in and lets go whatever a category's rule says by now, a part in each transaction. Running it again does no
 * harm, and neither do two at once: products are taken in the order of their ids.
 */
export async function applyRule(deps: Deps, id: CategoryId): Promise<void> {
  let after: ProductId | null = null;
  do {
    const window: store.Window = { after, size: PRODUCTS_LOOKED_AT, limit: PRODUCTS_PER_TRANSACTION };
    after = await deps.db.transaction(async (tx) => {
      await holdRules(tx);
      const { ids, last } = await store.lockMisplaced(tx, id, window);
      if (ids.length > 0) await renew(deps, tx, await store.placeAll(tx, id, ids));
      return last;
    });
    deps.inHand.goesOn();
  } while (after !== null);
}

/** Puts a product that has changed where the rules have it. Most are there already, and cost one look. */
export async function placeProduct(deps: Deps, id: ProductId): Promise<void> {
  if (await store.isPlaced(deps.db, id)) return;
  await deps.db.transaction(async (tx) => {
    await holdRules(tx);
    await store.lockProduct(tx, id);
    if (await store.isPlaced(tx, id)) return;
    await store.place(tx, id);
    await renew(deps, tx, [id]);
  });
}

async function renew(deps: Deps, tx: Transaction, ids: readonly ProductId[]): Promise<void> {
  const rows = await store.renew(tx, ids, deps.clock.now());
  const events = rows.map(({ id: productId, slug, version }) => ({
    ...{ name: 'product.changed' as const, data: { productId, slug, version } },
  }));
  if (events.length > 0) await emit(deps, tx, ...events);
}

interface RuleAct {
  readonly id: CategoryId;
  readonly action: 'category_rule.saved' | 'category_rule.removed';
  readonly changes: Readonly<Record<string, unknown>>;
}

async function tell(deps: Deps, tx: Transaction, admin: SignedIn, { id, action, changes }: RuleAct) {
  await emit(deps, tx, { name: 'category.rule_changed', data: { categoryId: id } });
  await recordAct(tx, admin, { action, object: { kind: 'category', id }, changes });
}

type RuleAnswer = Pick<store.RuleRow, 'categoryId' | 'match' | 'conditions' | 'version'>;

function toAnswer({ categoryId, match, conditions, version }: store.RuleRow): RuleAnswer {
  return { categoryId, match, conditions, version };
}

/** With every value as products keep it. @throws {AppError} `invalid_input` */
function checked(conditions: NewRule['conditions']): CategoryCondition[] {
  return conditions.map((condition, index) => {
    if (condition.field === 'attribute') return { ...condition, value: String(condition.value) };
    if (condition.field !== 'price') return condition;
    const { from, to } = condition;
    if (from === undefined && to === undefined) throw invalid(index, 'must name a price from or to which');
    if (from !== undefined && to !== undefined && from > to)
      throw invalid(index, 'must not end before it begins');
    return {
      field: 'price',
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    };
  });
}

async function requireAttributes(tx: Transaction, conditions: readonly CategoryCondition[]): Promise<void> {
  const keys = conditions.flatMap((each) => (each.field === 'attribute' ? [each.key] : []));
  const unknown = await store.unknownAttributes(tx, keys);
  const lost = conditions.findIndex((each) => each.field === 'attribute' && unknown.includes(each.key));
  if (lost >= 0) throw invalid(lost, 'names no attribute');
}

function invalid(index: number, message: string): AppError {
  return new AppError('invalid_input', { errors: [{ path: `/conditions/${index}`, message }] });
}
