/** Orders placed of late, counted by the primary key alone: an order's id begins with the millisecond of its making. */

import type postgres from 'postgres';

const HOUR_MS = 60 * 60 * 1_000;
const TIME_DIGITS = 12;
const GROUP_DIGITS = 8;

/** The least UUIDv7 of that millisecond. */
function firstIdOf(ms: number): string {
  const time = ms.toString(16).padStart(TIME_DIGITS, '0');
  return `${time.slice(0, GROUP_DIGITS)}-${time.slice(GROUP_DIGITS)}-0000-0000-000000000000`;
}

/** @param most counts no further, so that a busy hour costs no more than a quiet one */
export async function countOrdersOfLastHour(sql: postgres.Sql, nowMs: number, most: number): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count
    from (select 1 from orders where id >= ${firstIdOf(nowMs - HOUR_MS)}::uuid limit ${most}) as recent`;
  return row?.count ?? 0;
}
