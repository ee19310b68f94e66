/**
 * The log of privileged acts and the proof that it is whole. A row is written in the transaction of the act, as its
 * last statement: writers take turns from there to the commit, and who waits for that must hold nothing up.
 */

import { createHash } from 'node:crypto';
import { and, desc, eq, getTableColumns, lt, type SQL, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from './client.ts';
import { auditLog } from './schema/audit-log.ts';

export type AuditAction =
  | 'product.created'
  | 'product.changed'
  | 'product.withdrawn'
  | 'products.imported'
  | 'variant.created'
  | 'variant.withdrawn'
  | 'category.created'
  | 'category.changed'
  | 'category.removed'
  | 'category_rule.saved'
  | 'category_rule.removed'
  | 'picture.uploaded'
  | 'attribute.created'
  | 'attribute.changed'
  | 'attribute.removed'
  | 'stock.adjusted'
  | 'stock.transferred'
  | 'stock_location.made'
  | 'stock_location.changed'
  | 'order.rerouted'
  | 'stock.threshold_set'
  | 'review.approved'
  | 'review.rejected'
  | 'review.replied'
  | 'review.reply_removed'
  | 'order.cancelled'
  | 'order.edited'
  | 'refund.requested'
  | 'return.authorised'
  | 'return.rejected'
  | 'return.received'
  | 'return.refunded'
  | 'shipment.packed'
  | 'shipment.unpacked'
  | 'shipment.shipped'
  | 'shipment.delivered'
  | 'user.role_changed'
  | 'user.disabled'
  | 'user.enabled'
  | 'user.deleted'
  | 'api_key.created'
  | 'api_key.revoked'
  | 'second_factor.removed'
  | 'webhook_endpoint.created'
  | 'webhook_endpoint.changed'
  | 'webhook_endpoint.deleted'
  | 'webhook_endpoint.secret_rotated'
  | 'webhook_deliveries.replayed'
  | 'price_rule.made'
  | 'price_rule.changed'
  | 'price_rule.ended'
  | 'customer_group.joined'
  | 'customer_group.left'
  | 'secret.rotated'
  | 'dead_letter.sent'
  | 'dead_letter.dropped';

export interface AuditEntry {
  readonly actor: (typeof auditLog.$inferInsert)['actor'];
  /** Null for an operator. */
  readonly actorId: string | null;
  readonly action: AuditAction;
  readonly objectKind: string;
  readonly objectId: string;
  /** What is otherwise now: ids, numbers, names of fields. Never what a person wrote. */
  readonly changes: Readonly<Record<string, unknown>>;
  readonly traceId: string | null;
}

/** Takes a transaction only, and should be its last statement. */
export async function appendAudit(tx: Transaction, ...entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length > 0) await tx.insert(auditLog).values([...entries]);
}

/** What an operator did by a command. */
export function byOperator(entry: Omit<AuditEntry, 'actor' | 'actorId' | 'traceId'>): AuditEntry {
  return { ...entry, actor: 'operator', actorId: null, traceId: null };
}

/** The text that a row's hash is over, as SQL; the trigger of the table builds the same. */
export const CHAINED_TEXT = `jsonb_build_array(
  encode(previous_hash, 'hex'), seq, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  actor, actor_id, action, object_kind, object_id, changes, trace_id)::text`;

const { previousHash: _previousHash, hash: _hash, ...told } = getTableColumns(auditLog);

export type AuditRow = Awaited<ReturnType<typeof listAudit>>[number];

export interface AuditQuery {
  readonly limit: number;
  /** Those before it only: the last one of the page before. */
  readonly beforeSeq?: number;
  readonly action?: string;
  readonly object?: { readonly kind: string; readonly id: string };
  readonly actorId?: string;
}

/** The newest first. */
export async function listAudit(db: Queryable, { limit, beforeSeq, action, object, actorId }: AuditQuery) {
  const ofObject = object && and(eq(auditLog.objectKind, object.kind), eq(auditLog.objectId, object.id));
  return db
    .select(told)
    .from(auditLog)
    .where(
      and(
        beforeSeq === undefined ? undefined : lt(auditLog.seq, beforeSeq),
        action === undefined ? undefined : eq(auditLog.action, action),
        actorId === undefined ? undefined : eq(auditLog.actorId, actorId),
        ofObject,
      ),
    )
    .orderBy(desc(auditLog.seq))
    .limit(limit);
}

/** The last row of a chain: kept elsewhere, it proves later that nothing was cut off. */
export interface ChainHead {
  readonly seq: number;
  /** In hexadecimal; empty for a log without rows. */
  readonly hash: string;
}

export type ChainVerdict =
  | { readonly kind: 'whole'; readonly rows: number; readonly head: ChainHead }
  | { readonly kind: 'broken'; readonly seq: number; readonly because: string };

interface Link {
  readonly seq: string;
  readonly previous: string;
  readonly hash: string;
  readonly text: string;
  readonly [column: string]: unknown;
}

const PAGE_SIZE = 1_000;
const CHAIN_START: ChainHead = { seq: 0, hash: '' };

/**
 * Follows the chain from its first row. Hashes are computed here: whoever changes the database's own functions changes
 * nothing of this.
 * @param known a head that was seen before: the chain must still go through it
 */
export async function verifyAuditLog(db: Queryable, known: ChainHead = CHAIN_START): Promise<ChainVerdict> {
  let head = CHAIN_START;
  for (;;) {
    const page = await readLinks(db, head.seq);
    for (const link of page) {
      const because = breakOf(link, head) ?? forgets(link, known);
      if (because !== null) return { kind: 'broken', seq: Number(link.seq), because };
      head = { seq: Number(link.seq), hash: link.hash };
    }
    if (page.length < PAGE_SIZE) break;
  }
  if (head.seq < known.seq) {
    return {
      kind: 'broken',
      seq: head.seq + 1,
      because: `the log ended at ${known.seq} before: rows were cut off`,
    };
  }
  return { kind: 'whole', rows: head.seq, head };
}

async function readLinks(db: Queryable, afterSeq: number): Promise<readonly Link[]> {
  const text: SQL = sql.raw(CHAINED_TEXT);
  return db.execute<Link>(sql`
    select seq::text as seq, encode(previous_hash, 'hex') as previous, encode(hash, 'hex') as hash, ${text} as text
      from audit_log where seq > ${afterSeq} order by audit_log.seq limit ${PAGE_SIZE}`);
}

function breakOf({ seq, previous, hash, text }: Link, head: ChainHead): string | null {
  if (Number(seq) !== head.seq + 1) return `row ${head.seq + 1} is missing before it`;
  if (previous !== head.hash) return 'it does not follow on the row before it';
  if (createHash('sha256').update(text).digest('hex') !== hash) return 'its content is not what was hashed';
  return null;
}

function forgets({ seq, hash }: Link, known: ChainHead): string | null {
  return Number(seq) === known.seq && hash !== known.hash
    ? 'it is not the row that was known by this number'
    : null;
}
