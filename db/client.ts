/** The connection pool. Every query has a time limit, and every transaction an end. */

import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { databaseAddress } from './tls.ts';
import { inSpan } from './trace-scope.ts';
import { nameTransaction, sampledStatement } from './traced-sql.ts';

export type Database = PostgresJsDatabase;
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
/** What a store takes: the pool, or the transaction that its caller has opened. */
export type Queryable = Database | Transaction;

export interface Connection {
  readonly db: Database;
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
  /** Told of every connection that has closed. */
  readonly onClosed?: () => void;
}

const DEFAULT_MAX_CONNECTIONS = 10;
const DEFAULT_STATEMENT_TIMEOUT_MS = 5_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_SECONDS = 5;
const CLOSE_TIMEOUT_SECONDS = 5;
/** The driver's own wait grows to 20 s, and with it the time for which a restarted server stays unused. */
const RECONNECT_DELAY_SECONDS = 0.1;

const TRANSACTION = {
  name: 'transaction',
  kind: 'client',
  attributes: { 'db.system.name': 'postgresql' },
} as const;

/** The driver's client, which believes a server as its address says. @throws {ConfigError} for a wrong address */
export function openSql(
  address: string,
  options: postgres.Options<Record<string, postgres.PostgresType>>,
): postgres.Sql {
  const { url, ssl } = databaseAddress(address);
  return postgres(url, { ...options, ...(ssl === undefined ? {} : { ssl }) });
}

export function connect(url: string, options: ConnectOptions): Connection {
  const sql = openSql(url, {
    max: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    onnotice: () => {},
    onclose: () => options.onClosed?.(),
    backoff: () => RECONNECT_DELAY_SECONDS,
    connection: {
      application_name: options.applicationName,
      statement_timeout: options.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
      ...(options.isReadOnly ? { default_transaction_read_only: true } : {}),
    },
  });
  return {
    db: drizzle(
      guarded(sql, {
        preparesStatements: options.preparesStatements ?? false,
        applicationName: options.applicationName,
        isReadOnly: options.isReadOnly ?? false,
      }),
    ),
    close: () => sql.end({ timeout: CLOSE_TIMEOUT_SECONDS }),
    abandon: () => sql.end({ timeout: 0 }),
  };
}

interface Guard {
  readonly preparesStatements: boolean;
  readonly applicationName: string;
  readonly isReadOnly: boolean;
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
  const unsafe = ((query, parameters = [], options = {}) => {
    if (guard.hasEnded?.()) throw new Error('the transaction has ended, or its connection is lost');
    const sampled = sampledStatement(query);
    const isPrepared = sampled === null && parameters.length > 0;
    const prepare = guard.preparesStatements || sampled !== null ? { prepare: isPrepared } : {};
    const pending = client.unsafe(sampled?.text ?? query, parameters, { ...options, ...prepare });
    sampled?.follow(pending);
    return pending;
  }) as Client['unsafe'];
  const begin = async (work: (tx: postgres.TransactionSql) => Promise<unknown>) => {
    let hasEnded = false;
    const inside = { ...guard, hasEnded: () => hasEnded };
    try {
      return await inSpan(TRANSACTION, () =>
        (client as postgres.Sql).begin((tx) => {
          nameTransaction(tx, guard);
          return work(guarded(tx, inside));
        }),
      );
    } finally {
      hasEnded = true;
    }
  };
  const savepoint = (work: (tx: postgres.TransactionSql) => Promise<unknown>) =>
    (client as postgres.TransactionSql).savepoint((tx) => work(guarded(tx, guard)));
  return Object.assign(Object.create(client) as Client, { unsafe, begin, savepoint });
}

/** The SQLSTATE of a failed query, wherever the driver's error sits in the chain of causes. */
export function sqlState(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof postgres.PostgresError) return cause.code;
  }
  return undefined;
}

/** The constraint that a failed query ran into, if that is why it failed. */
export function violatedConstraint(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof postgres.PostgresError) return cause.constraint_name;
  }
  return undefined;
}
