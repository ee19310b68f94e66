/**
 * Everything the double remembers, in one SQLite file (WAL), so that a restart knows every payment, event and
 * idempotency key. Calls are synchronous: one call of the API is one transaction.
 */

import { Database, type SQLQueryBindings } from 'bun:sqlite';
import type Stripe from 'stripe';
import { present } from '#lib/assert.ts';

/** What is stored under each kind; relations are ids, never expanded. */
export interface Stored {
  payment_intent: Stripe.PaymentIntent;
  charge: Stripe.Charge;
  refund: Stripe.Refund;
  dispute: Stripe.Dispute;
  balance_transaction: Stripe.BalanceTransaction;
  customer: Stripe.Customer;
  payment_method: Stripe.PaymentMethod;
}
export type Kind = keyof Stored;

/** A page of a list, newest first, after Stripe's cursors. */
export interface Page {
  readonly limit: number;
  readonly startingAfter?: string;
  readonly endingBefore?: string;
}
export interface Filter {
  readonly customer?: string;
  readonly paymentIntent?: string;
  readonly charge?: string;
  readonly email?: string;
  readonly createdFrom?: number;
  readonly createdTo?: number;
  /** What the double notes beside an object and Stripe does not show: a test card's name, or `deleted`. */
  readonly notNote?: string;
}

const SCHEMA = `
  create table if not exists objects (
    seq integer primary key autoincrement, id text not null unique, kind text not null,
    created integer not null, customer text, payment_intent text, charge text, email text,
    note text not null default '', body text not null
  );
  create index if not exists objects_kind on objects (kind, seq);
  create index if not exists objects_customer on objects (customer, kind, seq);
  create index if not exists objects_intent on objects (payment_intent, kind, seq);
  create table if not exists events (
    seq integer primary key autoincrement, id text not null unique, type text not null,
    object_id text not null, payment_intent text, created integer not null, body text not null,
    state text not null, attempts integer not null default 0, next_at_ms integer not null, outcome text
  );
  create index if not exists events_state on events (state, seq);
  create index if not exists events_intent on events (payment_intent, seq);
  create table if not exists idempotency (
    key text primary key, request text not null, fingerprint text not null, status integer not null,
    body text not null, request_id text not null, created_ms integer not null
  );
  create index if not exists idempotency_created on idempotency (created_ms);
`;
const BUSY_TIMEOUT_MS = 2_000;

interface ObjectRow {
  readonly body: string;
}

export interface Store {
  readonly db: Database;
  /** Commits all or nothing; inside another transaction, a savepoint. */
  transaction<T>(work: () => T): T;
  insert<K extends Kind>(kind: K, object: Stored[K], note?: string): void;
  save<K extends Kind>(kind: K, object: Stored[K]): void;
  find<K extends Kind>(kind: K, id: string): Stored[K] | null;
  note(id: string): string;
  setNote(id: string, note: string): void;
  /** One row more than the limit tells whether there is another page. */
  list<K extends Kind>(kind: K, filter: Filter, page: Page): { items: Stored[K][]; hasMore: boolean };
  sequence(id: string): number | null;
  close(): void;
}

function reference(object: object, name: string): string | null {
  const value = (object as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : null;
}

function conditions(kind: Kind, filter: Filter): { sql: string[]; values: SQLQueryBindings[] } {
  const wanted: [string, SQLQueryBindings | undefined][] = [
    ['kind = ?', kind],
    ['customer = ?', filter.customer],
    ['payment_intent = ?', filter.paymentIntent],
    ['charge = ?', filter.charge],
    ['email = ?', filter.email],
    ['created >= ?', filter.createdFrom],
    ['created <= ?', filter.createdTo],
    ['note <> ?', filter.notNote],
  ];
  const given = wanted.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  return { sql: given.map(({ sql }) => sql), values: given.map(({ value }) => value) };
}

function listObjects<K extends Kind>(store: Store, kind: K, filter: Filter, page: Page) {
  const { sql, values } = conditions(kind, filter);
  const backwards = page.endingBefore !== undefined;
  const cursor = page.startingAfter ?? page.endingBefore;
  if (cursor !== undefined) {
    sql.push(backwards ? 'seq > ?' : 'seq < ?');
    values.push(present(store.sequence(cursor), `the cursor ${cursor}`));
  }
  const order = backwards ? 'asc' : 'desc';
  const query = `select body from objects where ${sql.join(' and ')} order by seq ${order} limit ?`;
  const rows = store.db.query<ObjectRow, SQLQueryBindings[]>(query).all(...values, page.limit + 1);
  const items = rows.slice(0, page.limit).map((row) => JSON.parse(row.body) as Stored[K]);
  return { items: backwards ? items.reverse() : items, hasMore: rows.length > page.limit };
}

function openDatabase(path: string): Database {
  const db = new Database(path, { create: true, strict: true });
  db.run(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
  db.run('pragma journal_mode = wal');
  // A commit is in the system's hands before the answer leaves: it outlives a killed process, which is all that a
  // stand-in promises. Waiting for the disk as well halves the payments a second.
  db.run('pragma synchronous = off');
  db.run(SCHEMA);
  return db;
}

/** @param path a file, or `:memory:`. */
export function openStore(path: string): Store {
  const db = openDatabase(path);
  const insertRow = db.query(
    `insert into objects (id, kind, created, customer, payment_intent, charge, email, note, body)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const saveRow = db.query('update objects set customer = ?, email = ?, body = ? where id = ?');
  const findRow = db.query<ObjectRow, [string, string]>('select body from objects where id = ? and kind = ?');
  const noteRow = db.query<{ note: string }, [string]>('select note from objects where id = ?');
  const sequenceRow = db.query<{ seq: number }, [string]>('select seq from objects where id = ?');
  const store: Store = {
    db,
    transaction: (work) => db.transaction(work).immediate(),
    insert: (kind, object, note = '') => {
      const [customer, intent, charge, email] = ['customer', 'payment_intent', 'charge', 'email'].map(
        (name) => reference(object, name),
      );
      const related = [customer ?? null, intent ?? null, charge ?? null, email ?? null] as const;
      insertRow.run(object.id, kind, object.created, ...related, note, JSON.stringify(object));
    },
    save: (_kind, object) => {
      const related = [reference(object, 'customer'), reference(object, 'email')] as const;
      saveRow.run(...related, JSON.stringify(object), object.id);
    },
    find: <K extends Kind>(kind: K, id: string) => {
      const row = findRow.get(id, kind);
      return row === null ? null : (JSON.parse(row.body) as Stored[K]);
    },
    note: (id) => noteRow.get(id)?.note ?? '',
    setNote: (id, note) => {
      db.query('update objects set note = ? where id = ?').run(note, id);
    },
    list: (kind, filter, page) => listObjects(store, kind, filter, page),
    sequence: (id) => sequenceRow.get(id)?.seq ?? null,
    close: () => db.close(false),
  };
  return store;
}
