/** What a failed query says: of itself, and of its server, whether it is gone or another one would answer. */

import postgres from 'postgres';

/** The driver's codes and the operating system's for a connection that is not there (any more). */
const CONNECTION_CODES: ReadonlySet<string> = new Set([
  ...['CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'ERR_SOCKET_CLOSED'],
]);
/** The server goes, is not yet there or refuses the connection: classes 57P and 08 of the SQL states. */
const GONE = /^(57P0[1-3]|08\w{3})$/;
/** Of this server only: a conflict with what it replays, no room, a disk or a page that is broken. */
const LOCAL = /^(40001|40P01|53\w{3}|58\w{3}|XX00[12])$/;

/** Nothing was asked of the server, or no longer: the request's time was up, or too much was under way. */
export class NotServed extends Error {
  override readonly name = 'NotServed';
}

/** It gave no answer for as long as it may take at most; as the driver's own error for a server that cannot be reached. */
export class ServerSilent extends Error {
  override readonly name = 'ServerSilent';
  readonly code = 'CONNECT_TIMEOUT';
}

export function isNotServed(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof NotServed) return true;
  }
  return false;
}

/** Whether the server could not be reached, or went away while it was asked. */
export function isConnectionFailure(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && CONNECTION_CODES.has(cause.code)) return true;
  }
  return GONE.test(sqlState(error) ?? '');
}

/** Whether the same read may well succeed on another server. */
export function isServersOwnFailure(error: unknown): boolean {
  return isConnectionFailure(error) || LOCAL.test(sqlState(error) ?? '');
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
