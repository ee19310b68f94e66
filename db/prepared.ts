/** Statements of a hot path: Drizzle makes the text of any other anew each time that it is run. */

import type { Queryable } from './client.ts';

/** A query of Drizzle's. */
interface Preparable<Rows> {
  prepare(name: string): { execute(values: Record<string, unknown>): Promise<Rows> };
}

/** @param build makes the query, with a `sql.placeholder` for each of the values; called once for each pool. */
export function prepared<Rows>(
  name: string,
  build: (db: Queryable) => Preparable<Rows>,
): (db: Queryable, values: Readonly<Record<string, unknown>>) => Promise<Rows> {
  const made = new WeakMap<Queryable, ReturnType<Preparable<Rows>['prepare']>>();
  return (db, values) => {
    let statement = made.get(db);
    if (statement === undefined) {
      statement = build(db).prepare(name);
      made.set(db, statement);
    }
    return statement.execute(values);
  };
}
