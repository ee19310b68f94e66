/**
 * The connection pool. Every query has a time limit, and every transaction an end.
 *
 * The driver is mended by `patches/`. Without that a connection that is lost leaves what was yet to be written to the one
 * that takes its place, which then never gets through (https://github.com/porsager/postgres/issues/1208), and a rollback
 * of the lost transaction runs in whichever has its place (https://github.com/porsager/postgres/issues/1216).
 */

import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { SECOND_MS } from '#lib/clock.ts';
import { POLICIES } from '#lib/policies.ts';
import { type Bounds, createEntrance, type Entrance } from './entrance.ts';
import { NotServed } from './failures.ts';
import { type PoolWatch, whenSettled } from './pool-watch.ts';
import { databaseAddress } from './tls.ts';
import { inSpan } from './trace-scope.ts';
import { nameTransaction, sampledStatement } from './traced-sql.ts';

export type Database = PostgresJsDatabase;
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
/** What a store takes: the pool, or the transaction that its caller has opened. */
export type Queryable = Database | Transaction;

export interface Connection {
  readonly db: Database;
  /** Statements and transactions under way, those that wait for a connection included. */
  inUse(): number;
  /** Waits for running queries, then closes. */
  close(): Promise<void>;
  /** Closes at once; running queries fail. */
  abandon(): Promise<void>;
}

export interface ConnectOptions {
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  readonly maxConnections?: number;
  readonly statementTimeoutMs?: number;
  /** True for pools that only read: a write that strays into one fails, on whichever server. */
  readonly isReadOnly?: boolean;
  /** Each statement is parsed and planned once a connection. Not where plans should follow the parameters, as in search. */
  readonly preparesStatements?: boolean;
  /** Told of whatever wants a connection. */
  readonly watch?: PoolWatch;
  /** Told of every connection that has closed. */
  readonly onClosed?: () => void;
  readonly bounds?: Bounds;
}

const DEFAULT_MAX_CONNECTIONS = 10;
const { timeoutMs: STATEMENT_MS, connectMs: CONNECT_MS } = POLICIES.postgres;
/** A transaction that does nothing holds its locks for no longer. */
const IDLE_IN_TRANSACTION_MS = 2 * STATEMENT_MS;
const CLOSE_WITHIN_SECONDS = 5;
/** The driver's own wait grows to 20 s, and with it the time for which a restarted server stays unused. */
const RECONNECT_DELAY_SECONDS = 0.1;

const TRANSACTION = {
  name: 'transaction',
  kind: 'client',
  attributes: { 'db.system.name': 'postgresql' },
} as const;

/**
 * The driver's client, which believes a server as its address says. Nothing is compiled for a statement: that takes as
 * long as a hundred of ours, and the planner's guess at a large one is no reason.
 * @throws {ConfigError} for a wrong address
 */
export function openSql(
  address: string,
  options: postgres.Options<Record<string, postgres.PostgresType>>,
): postgres.Sql {
  const { url, ssl } = databaseAddress(address);
  const connection = { ...options.connection, jit: 'off' };
  return postgres(url, { ...options, connection, ...(ssl === undefined ? {} : { ssl }) });
}

export function connect(url: string, options: ConnectOptions): Connection {
  const sql = openSql(url, {
    max: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    connect_timeout: CONNECT_MS / SECOND_MS,
    onnotice: () => {},
    onclose: () => options.onClosed?.(),
    backoff: () => RECONNECT_DELAY_SECONDS,
    connection: {
      application_name: options.applicationName,
      statement_timeout: options.statementTimeoutMs ?? STATEMENT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      ...(options.isReadOnly ? { default_transaction_read_only: true } : {}),
    },
  });
  const entrance = createEntrance(options.bounds ?? {});
  return {
    db: drizzle(
      guarded(sql, {
        preparesStatements: options.preparesStatements ?? false,
        entrance,
        applicationName: options.applicationName,
        isReadOnly: options.isReadOnly ?? false,
        watch: options.watch,
      }),
    ),
    inUse: entrance.inUse,
    close: () => sql.end({ timeout: CLOSE_WITHIN_SECONDS }),
    abandon: () => sql.end({ timeout: 0 }),
  };
}

interface Guard {
  readonly preparesStatements: boolean;
  readonly entrance: Entrance;
  readonly applicationName: string;
  readonly isReadOnly: boolean;
  readonly watch: PoolWatch | undefined;
  /** Of a transaction: it has been committed or rolled back, or its connection is lost. */
  readonly hasEnded?: () => boolean;
}

/**
 * The client as Drizzle uses it, which asks these three things of it. A transaction that has ended takes no statement:
 * the driver would run it on the connection's successor, outside of any transaction. Statements are prepared: Drizzle
 * has that done only where its caller keeps them, and else sends each to the server twice, to be described and to be
 * run. And Postgres is told of traces, see `traced-sql.ts`.
 */
function guarded<Client extends postgres.Sql | postgres.TransactionSql>(
  client: Client,
  guard: Guard,
): Client {
  const { entrance, hasEnded } = guard;
  const unsafe = (
    query: string,
    parameters: Parameters<Client['unsafe']>[1] = [],
    options: postgres.UnsafeQueryOptions = {},
  ) => {
    if (hasEnded?.()) throw new Error('the transaction has ended, or its connection is lost');
    const sampled = sampledStatement(query);
    const isPrepared = sampled === null && parameters.length > 0;
    const prepare = guard.preparesStatements || sampled !== null ? { prepare: isPrepared } : {};
    const pending = client.unsafe(sampled?.text ?? query, parameters, { ...options, ...prepare });
    sampled?.follow(pending);
    const watched = watchedQuery(pending, guard);
    return bounded(watched, hasEnded === undefined ? entrance.statement : entrance.inside);
  };
  const begin = (work: (tx: postgres.TransactionSql) => Promise<unknown>) => {
    let isOver = false;
    const inside = { ...guard, hasEnded: () => isOver };
    const release = guard.watch?.occupy();
    const run = (hasBegun: () => void) =>
      inSpan(TRANSACTION, () =>
        (client as postgres.Sql).begin((tx) => {
          if (isOver) throw new NotServed('nobody waits for the transaction any more');
          hasBegun();
          nameTransaction(tx, guard);
          return work(guarded(tx, inside));
        }),
      );
    return entrance.transaction(run).finally(() => {
      isOver = true;
      release?.();
    });
  };
  const savepoint = (work: (tx: postgres.TransactionSql) => Promise<unknown>) =>
    (client as postgres.TransactionSql).savepoint((tx) => work(guarded(tx, guard)));
  return Object.assign(Object.create(client) as Client, { unsafe, begin, savepoint });
}

function watchedQuery<Query extends Promise<unknown>>(query: Query, { watch, hasEnded }: Guard): Query {
  if (watch === undefined) return query;
  const answered = watch.time();
  // A transaction has its connection already.
  const release = hasEnded === undefined ? watch.occupy() : undefined;
  return whenSettled(query, () => {
    answered();
    release?.();
  });
}

type Statement = PromiseLike<unknown> & { cancel(): void; values(): unknown };

/** Sent when it is awaited, as the driver's own; Drizzle asks no more of it. */
function bounded(pending: Statement, enter: Entrance['statement']) {
  const rows: PromiseLike<unknown> = {
    // biome-ignore lint/suspicious/noThenProperty: it stands for the driver's query, which has one.
    then: (resolve, reject) => enter(pending).then(resolve, reject),
  };
  const values = () => {
    void pending.values();
    return rows;
  };
  return Object.assign(rows, { values });
}
