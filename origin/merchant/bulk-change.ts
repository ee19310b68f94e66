/** Changing many products by one request: each by itself, whole or not at all, and told of by itself. */

import { createHash } from 'node:crypto';
import type { StoredAnswer } from '#db/idempotency.ts';
import { wasHandled } from '#db/outbox.ts';
import type { EventId, ProductId } from '#lib/ids.ts';
import { AppError, PROBLEMS } from '#lib/problems.ts';
import * as catalog from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { once } from '#origin/http/idempotency.ts';
import type { BulkChange, Outcome } from './model.ts';

const OK = 200;
/** In the inbox, where each change leaves word that it was made. */
const NAME = 'bulk-changes';

type Item = BulkChange['items'][number];

/**
 * One after the other, once for each Idempotency-Key: a run that was cut off goes on where it was.
 * @throws {AppError} what the Idempotency-Key refuses, and `unavailable`
 */
export async function changeMany(
  deps: Deps,
  seller: SignedIn,
  idempotencyKey: string | undefined,
  { items }: BulkChange,
): Promise<StoredAnswer> {
  const request = { scope: `user:${seller.userId}`, key: idempotencyKey, payload: { bulkChange: items } };
  return once<EventId>(deps, request, async (id) => {
    const outcomes: Outcome[] = [];
    for (const [index, item] of items.entries()) {
      outcomes.push(await changeOne(deps, seller, { item, mark: markOf(id, index) }));
    }
    return { status: OK, body: { items: outcomes } };
  });
}

async function changeOne(
  deps: Deps,
  seller: SignedIn,
  { item, mark }: { readonly item: Item; readonly mark: EventId },
): Promise<Outcome> {
  const { id, version, change } = item;
  if (await wasHandled(deps.db, NAME, mark)) return { id, outcome: 'changed' };
  const target = { productId: id as ProductId, version, mark: { name: NAME, id: mark } };
  try {
    await catalog.changeProduct(deps, seller, target, change);
    return { id, outcome: 'changed' };
  } catch (error) {
    // What may go better next time is no outcome: the request is to be repeated.
    if (!(error instanceof AppError) || PROBLEMS[error.code].retryable) throw error;
    const { errors } = error.extras;
    return {
      id,
      outcome: 'refused',
      code: error.code,
      ...(errors === undefined ? {} : { errors: [...errors] }),
    };
  }
}

/** The same for every run of a request, and nobody else's. */
function markOf(requestId: string, index: number): EventId {
  const digits = createHash('sha256').update(`${requestId}/${index}`).digest('hex');
  const groups = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
  ];
  return [...groups, digits.slice(20, 32)].join('-') as EventId;
}
