/** What everybody was answered while a cell was played. */

import type { Judgement } from './answers.ts';

export const KINDS = ['warm read', 'cold read', 'cart', 'checkout'] as const;
export type Kind = (typeof KINDS)[number];

export interface Entry extends Judgement {
  readonly kind: Kind;
  readonly tookMs: number;
}

export interface Ledger {
  readonly entries: Entry[];
  /** Paid orders, as their shoppers were told. */
  readonly paidOrders: string[];
  /** Requests without an answer yet. */
  pending: number;
}

export function openLedger(): Ledger {
  return { entries: [], paidOrders: [], pending: 0 };
}

/** The one that is written to now; a request belongs to the one in which it began. */
export interface Ledgers {
  current: Ledger;
}
