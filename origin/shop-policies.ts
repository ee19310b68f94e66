/** What a merchant decides by configuration. */

import type { SharedConfig } from './config.ts';
import { type Seller, sellerOf } from './documents/seller.ts';
import { type AccountPolicy, accountPolicy } from './http/account-policy.ts';
import { type ReturnPolicy, returnPolicy } from './returns/policy.ts';
import type { ReviewsShown } from './reviews/moderation.ts';

export interface ShopPolicies {
  readonly accountPolicy: AccountPolicy;
  /** When what a buyer writes is shown. */
  readonly reviewsShown: ReviewsShown;
  readonly returns: ReturnPolicy;
  /** Who invoices. */
  readonly seller: Seller;
}

export function shopPolicies(config: SharedConfig): ShopPolicies {
  return {
    accountPolicy: accountPolicy(config),
    reviewsShown: config.REVIEWS_SHOWN ?? 'after_approval',
    returns: returnPolicy(config),
    seller: sellerOf(config),
  };
}
