/** Every way to rewrite the log of privileged acts or to act past it, and the checks that must see it. */

import type { Breach } from './breaches-of-books.ts';

export const LOG_BREACHES: readonly Breach[] = [
  {
    what: 'an act that was changed afterwards',
    seenBy: ['audit-log-chained'],
    rows: (sql) => sql`update audit_log set changes = '{"variants": []}' where seq = 2`,
  },
  {
    what: 'an act that was taken out',
    seenBy: ['audit-log-chained'],
    rows: (sql) => sql`delete from audit_log where seq = 2`,
  },
  {
    what: 'the first act, taken out',
    seenBy: ['audit-log-chained'],
    rows: (sql) => sql`delete from audit_log where seq = 1`,
  },
  {
    what: 'an act put in between',
    seenBy: ['audit-log-chained'],
    rows: (sql) =>
      sql`insert into audit_log (seq, actor, action, object_kind, object_id, changes)
          select max(seq) + 1, 'operator', 'stock.adjusted', 'variant', 'none', '{}' from audit_log`,
  },
  {
    what: 'stock that somebody moved past the log',
    seenBy: ['acts-on-record'],
    rows: (sql, { spare }) =>
      sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta, actor_id)
          select ${spare}, 'correction', delta, 0, gen_random_uuid() from unnest(array[1, -1]) delta`,
  },
  {
    what: 'a refund that somebody asked for past the log',
    seenBy: ['acts-on-record'],
    rows: (sql, { paid }) =>
      sql`insert into order_events (order_id, event, actor, actor_id, occurred_at)
          values (${paid}, 'refund.requested', 'staff', gen_random_uuid(), now())`,
  },
];
