/** Statements whose text is made once. Drizzle makes it anew for every query, at the price of sending another one. */

import { type Placeholder, type SQL, sql } from 'drizzle-orm';
import { PgRaw } from 'drizzle-orm/pg-core/query-builders/raw';
import { drizzle, PostgresJsSession } from 'drizzle-orm/postgres-js';
import type { Database, Queryable } from './client.ts';

/** What stands in a kept statement for each value that its runs bring. */
export type Slots<Values> = { readonly [Name in keyof Values & string]: Placeholder<Name, Values[Name]> };

interface Prepared<Result> {
  execute(values: object): Promise<Result>;
}

type Preparable = PromiseLike<unknown> & { prepare(name: string): unknown };

/** Builds text, and has no server to send it to. */
const DESK = drizzle.mock();
/** Drizzle only asks whether there is one: the server knows its statements by their text. */
const NAME = 'kept';

/**
 * A statement to run with other values each time, by whatever is to run it. Null may be given for columns that take
 * values as they are, which times and JSON do not. It is sent by the call, not when it is awaited: of kept statements
 * in one transaction, the one that is called first runs first.
 * @example const findCart = kept((db, { id }: Slots<{ id: CartId }>) => db.select().from(carts).where(eq(carts.id, id)));
 */
export function kept<Values extends object, Built extends Preparable | PgRaw<unknown>>(
  build: (db: Database, slots: Slots<Values>) => Built,
): (db: Queryable, values: Values) => Promise<Awaited<Built>> {
  let statement: Prepared<Awaited<Built>> | undefined;
  return (db, values) => {
    statement ??= prepare(build(DESK, slotsOf<Values>()));
    return (Object.create(statement, { client: { value: clientOf(db) } }) as typeof statement).execute(
      values,
    );
  };
}

/** A slot whose values are spelled as the column's are: where Drizzle does not see by itself which column's they are. */
export function asIn(column: Parameters<typeof sql.param>[1], slot: Placeholder): SQL {
  return sql`${sql.param(slot, column)}`;
}

function slotsOf<Values>(): Slots<Values> {
  return new Proxy({} as Slots<Values>, { get: (_, name) => sql.placeholder(String(name)) });
}

function prepare<Result>(built: Preparable | PgRaw<unknown>): Prepared<Result> {
  const prepared =
    built instanceof PgRaw
      ? DESK._.session.prepareQuery(built.getQuery(), undefined, NAME, false)
      : built.prepare(NAME);
  return prepared as Prepared<Result>;
}

function clientOf(db: Queryable): unknown {
  const { session } = db._;
  if (!(session instanceof PostgresJsSession)) throw new TypeError('not a connection of ours');
  return session.client;
}
