/**
 * Who did what with a privilege: append-only, each row chained to the one before by its hash. Place, time and hashes
 * are the database's own, whatever an insert says. No personal data and no secrets: ids, numbers and names of fields.
 */

import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgEnum, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { bytes, counter, instant } from './columns.ts';

/** `operator`: somebody with the database's own credentials, by a command. */
export const auditActor = pgEnum('audit_actor', ['user', 'api_key', 'operator']);

export const auditLog = pgTable(
  'audit_log',
  {
    /** Without gaps. */
    seq: counter('seq').primaryKey().default(0),
    at: instant('at').notNull().defaultNow(),
    actor: auditActor('actor').notNull(),
    /** The user's or the key's. No reference: what was done stays, whatever becomes of who did it. */
    actorId: uuid('actor_id'),
    action: text('action').notNull(),
    objectKind: text('object_kind').notNull(),
    objectId: text('object_id').notNull(),
    changes: jsonb('changes').notNull().$type<Readonly<Record<string, unknown>>>(),
    traceId: text('trace_id'),
    previousHash: bytes('previous_hash').notNull().default(sql`''::bytea`),
    hash: bytes('hash').notNull().default(sql`''::bytea`),
  },
  (table) => [
    index('audit_log_object').on(table.objectKind, table.objectId, table.seq),
    check('audit_log_names_its_actor', sql`(${table.actor} = 'operator') = (${table.actorId} is null)`),
  ],
);
