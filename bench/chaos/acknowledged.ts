/** The shoppers' own record against the shop's: what was answered with a 2xx is there, as it was answered. */

import type { Sql } from './books.ts';
import type { Acknowledged } from './diary.ts';

interface Kept {
  readonly id: string;
  readonly number: string;
  readonly status: string;
  readonly totalMinor: string;
}

/** What an order may have become after it was told to be this. */
const MAY_BECOME: Readonly<Record<string, readonly string[]>> = {
  paid: ['paid', 'cancelled', 'partially_refunded', 'refunded'],
  requires_action: ['requires_action', 'paid', 'payment_failed', 'cancelled'],
};

/** @returns a sentence for each order that is not what its shopper was told. */
export async function findMissing(
  sql: Sql,
  acknowledged: readonly Acknowledged[],
): Promise<readonly string[]> {
  const rows = await sql<Kept[]>`
    select id, number::text as number, status::text as status, total_minor::text as "totalMinor" from orders`;
  const kept = new Map(rows.map((row) => [row.id, row]));
  return acknowledged.flatMap((told) => {
    const complaint = compare(told, kept.get(told.orderId));
    return complaint === null ? [] : [complaint];
  });
}

function compare({ number, totalMinor, status }: Acknowledged, kept: Kept | undefined): string | null {
  if (kept === undefined) return `order ${number} was acknowledged as ${status} and is not there`;
  const mayBe = MAY_BECOME[status] ?? [status];
  if (!mayBe.includes(kept.status)) return `order ${number} was ${status} and is ${kept.status}`;
  if (kept.totalMinor !== String(totalMinor)) {
    return `order ${number} came to ${totalMinor} and comes to ${kept.totalMinor}`;
  }
  return kept.number === number ? null : `order ${number} is number ${kept.number}`;
}
