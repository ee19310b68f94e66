/** What products may say of themselves, as admins define it. A kind stays for good, and so does what is in use. */

import { AppError } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { type AttributeChange, MAX_ATTRIBUTES, type NewAttribute } from './model.ts';
import * as store from './store.ts';

export { AttributeValue } from './model.ts';

export async function readAttributes(deps: Deps, caller: SignedIn): Promise<store.AttributeRow[]> {
  return deps.ownWrites.read(caller, store.listAttributes);
}

/** @throws {AppError} `invalid_input`, `attribute_taken`, `attributes_full` */
export async function createAttribute(
  deps: Deps,
  admin: SignedIn,
  input: NewAttribute,
): Promise<store.AttributeRow> {
  const { key, name, kind, choices = [], category } = input;
  requireChoices(kind, choices);
  const created = await deps.db.transaction(async (tx) => {
    if ((await store.countAttributes(tx)) >= MAX_ATTRIBUTES) throw new AppError('attributes_full');
    const owner = category === undefined ? null : await store.findCategory(tx, category);
    if (owner === undefined) throw invalid('/category', 'is not the slug of a category');
    const attribute = { key, name, kind, choices, categoryId: owner?.id ?? null };
    if (!(await store.insertAttribute(tx, attribute))) throw new AppError('attribute_taken');
    const object = { kind: 'attribute', id: key };
    await recordAct(tx, admin, { action: 'attribute.created', object, changes: { kind } });
    return attribute;
  });
  await deps.ownWrites.note(admin);
  return created;
}

/** @throws {AppError} `attribute_not_found`, `invalid_input`, `attribute_in_use` for a choice that products have made */
export async function changeAttribute(
  deps: Deps,
  admin: SignedIn,
  key: string,
  change: AttributeChange,
): Promise<store.AttributeRow> {
  const changed = await deps.db.transaction(async (tx) => {
    const attribute = { ...(await requireAttribute(store.lockAttribute(tx, key))), ...change };
    requireChoices(attribute.kind, attribute.choices);
    if (change.choices !== undefined && (await store.isUsedBeside(tx, key, change.choices))) {
      throw new AppError('attribute_in_use');
    }
    await store.updateAttribute(tx, attribute);
    const object = { kind: 'attribute', id: key };
    await recordAct(tx, admin, {
      action: 'attribute.changed',
      object,
      changes: { fields: Object.keys(change) },
    });
    return attribute;
  });
  await deps.ownWrites.note(admin);
  return changed;
}

/** @throws {AppError} `attribute_not_found`, `attribute_in_use` */
export async function removeAttribute(deps: Deps, admin: SignedIn, key: string): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await requireAttribute(store.lockAttribute(tx, key));
    if (await store.isUsedBeside(tx, key, [])) throw new AppError('attribute_in_use');
    await store.deleteAttribute(tx, key);
    await recordAct(tx, admin, { action: 'attribute.removed', object: { kind: 'attribute', id: key } });
  });
  await deps.ownWrites.note(admin);
}

async function requireAttribute(found: Promise<store.AttributeRow | undefined>): Promise<store.AttributeRow> {
  const attribute = await found;
  if (attribute === undefined) throw new AppError('attribute_not_found');
  return attribute;
}

function requireChoices(kind: store.AttributeRow['kind'], choices: readonly string[]): void {
  if ((kind === 'choice') === choices.length > 0) return;
  throw invalid(
    '/choices',
    kind === 'choice' ? 'must name what can be chosen' : 'are for the kind choice only',
  );
}

function invalid(path: string, message: string): AppError {
  return new AppError('invalid_input', { errors: [{ path, message }] });
}
