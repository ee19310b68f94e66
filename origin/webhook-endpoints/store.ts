/** Every query of webhook endpoints and their secrets. What is deleted is not there. */

import { and, asc, desc, eq, gt, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import { isActive } from '#db/active-users.ts';
import type { Queryable, Transaction } from '#db/client.ts';
import { users } from '#db/schema/accounts.ts';
import { webhookDeliveries, webhookEndpoints, webhookSecrets } from '#db/schema/webhooks.ts';
import { present } from '#lib/assert.ts';
import type { WebhookEndpointId } from '#lib/ids.ts';

export type EndpointRow = typeof webhookEndpoints.$inferSelect;
export type SecretRow = typeof webhookSecrets.$inferSelect;

const isThere = isNull(webhookEndpoints.deletedAt);

/** Whoever makes endpoints, or gives them another URL, takes turns. */
const CREATION_LOCK = 727_021;

export async function lockCreation(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${CREATION_LOCK})`);
}

export async function listEndpoints(db: Queryable): Promise<EndpointRow[]> {
  return db.select().from(webhookEndpoints).where(isThere).orderBy(asc(webhookEndpoints.id));
}

export async function findEndpoint(db: Queryable, id: WebhookEndpointId): Promise<EndpointRow | undefined> {
  const [row] = await db
    .select()
    .from(webhookEndpoints)
    .where(and(eq(webhookEndpoints.id, id), isThere));
  return row;
}

/** As it is now and stays until the transaction ends. Deliveries that are made meanwhile do not wait for it. */
export async function lockEndpoint(tx: Transaction, id: WebhookEndpointId): Promise<EndpointRow | undefined> {
  const [row] = await tx
    .select()
    .from(webhookEndpoints)
    .where(and(eq(webhookEndpoints.id, id), isThere))
    .for('no key update');
  return row;
}

export async function insertEndpoint(tx: Transaction, row: EndpointRow): Promise<void> {
  await tx.insert(webhookEndpoints).values(row);
}

export type EndpointUpdate = Partial<Omit<EndpointRow, 'id' | 'ownerId' | 'createdAt'>>;

export async function updateEndpoint(
  tx: Transaction,
  id: WebhookEndpointId,
  update: EndpointUpdate,
): Promise<EndpointRow> {
  const [row] = await tx.update(webhookEndpoints).set(update).where(eq(webhookEndpoints.id, id)).returning();
  return present(row, `webhook endpoint ${id}`);
}

/** Those whose log is gone, too. */
export async function purgeDeleted(db: Queryable): Promise<void> {
  const isLogged = sql`exists (select from ${webhookDeliveries} d where d.endpoint_id = ${webhookEndpoints.id})`;
  await db.delete(webhookEndpoints).where(and(isNotNull(webhookEndpoints.deletedAt), sql`not ${isLogged}`));
}

/** Who is told of what becomes of it; undefined where they are no user any more. */
export async function findOwner(db: Queryable, id: WebhookEndpointId) {
  const [row] = await db
    .select({
      email: users.email,
      url: webhookEndpoints.url,
      disabledReason: webhookEndpoints.disabledReason,
    })
    .from(webhookEndpoints)
    .innerJoin(users, eq(users.id, webhookEndpoints.ownerId))
    .where(and(eq(webhookEndpoints.id, id), isThere, isActive));
  return row;
}

/** How many the shop itself has disabled, by why. */
export async function countDisabled(db: Queryable) {
  return db
    .select({ reason: webhookEndpoints.disabledReason, endpoints: sql<number>`count(*)::int` })
    .from(webhookEndpoints)
    .where(and(isThere, isNotNull(webhookEndpoints.disabledAt)))
    .groupBy(webhookEndpoints.disabledReason);
}

export async function insertSecret(tx: Transaction, row: SecretRow): Promise<void> {
  await tx.insert(webhookSecrets).values(row);
}

/** Those that sign, the newest first. */
export async function liveSecrets(db: Queryable, id: WebhookEndpointId, now: Date): Promise<SecretRow[]> {
  const isLive = or(isNull(webhookSecrets.expiresAt), gt(webhookSecrets.expiresAt, now));
  return db
    .select()
    .from(webhookSecrets)
    .where(and(eq(webhookSecrets.endpointId, id), isLive))
    .orderBy(desc(webhookSecrets.id));
}

/** All of them end by then, those with an earlier end at that. Of the newest so many are left. */
export async function endSecrets(
  tx: Transaction,
  endpointId: WebhookEndpointId,
  { at, most }: { readonly at: Date; readonly most: number },
): Promise<void> {
  await tx.execute(sql`
    update webhook_secrets s
       set expires_at = case when newest.place > ${most}::int then '-infinity'
                             else least(s.expires_at, ${at.toISOString()}::timestamptz) end
      from (select id, row_number() over (order by id desc) as place
              from webhook_secrets where endpoint_id = ${endpointId}) newest
     where s.id = newest.id`);
}

export async function purgeSecrets(db: Queryable, now: Date): Promise<void> {
  await db.delete(webhookSecrets).where(lt(webhookSecrets.expiresAt, now));
}
