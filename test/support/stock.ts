/** What the outbox tells of a variant's stock, or of its product. */

import { sql } from 'drizzle-orm';
import type { EventName } from '#lib/events.ts';
import type { OriginUnderTest } from './origin.ts';

interface ToldOf {
  readonly available: number;
  readonly version: number;
}

/** The data of the events of this name, in their order. */
export async function stockEventsOf({ deps: { db } }: OriginUnderTest, name: EventName, id: string) {
  const rows = await db.execute<{ data: ToldOf }>(sql`
    select data from outbox
     where name = ${name} and coalesce(data ->> 'variantId', data ->> 'productId') = ${id} order by seq`);
  return rows.map(({ data }) => (typeof data === 'string' ? (JSON.parse(data) as ToldOf) : data));
}
