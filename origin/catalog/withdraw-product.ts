/** Taking a product off sale. Its rows stay: orders point at them. */

import { recordAct } from '#origin/audit-log/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { announce, lockOwnProduct, type VersionedProduct } from './change-product.ts';
import * as writes from './change-store.ts';
import { dropAnswers } from './freshness.ts';
import { transition, withdrawal } from './publication.ts';

/** @throws {AppError} `product_not_found`, `version_conflict` */
export async function withdrawProduct(deps: Deps, seller: SignedIn, target: VersionedProduct): Promise<void> {
  const product = await deps.db.transaction(async (tx) => {
    const { status } = await lockOwnProduct(tx, seller, target);
    const now = deps.clock.now();
    await writes.withdrawVariants(tx, target.productId, now);
    const withdrawn = await writes.updateProduct(
      tx,
      target.productId,
      transition(status, withdrawal(now), now),
      now,
    );
    const { id: productId, version } = withdrawn;
    await announce(deps, tx, status, withdrawn);
    await recordAct(tx, seller, {
      action: 'product.withdrawn',
      object: { kind: 'product', id: productId },
      changes: { version },
    });
    return withdrawn;
  });
  await dropAnswers(deps, { ...product, productId: product.id });
}
