/**
 * One request to one of several origins. A read goes on to the next after a lost connection, a refusal, or silence
 * for a part of its time. A write goes on only when the first origin says that it has not begun, or when the request
 * may be carried out twice; then the second waits for what the first has begun, and answers 409 while that runs.
 */

import { inWholeSeconds, SECOND_MS } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import { POLICIES } from '#lib/policies.ts';
import { AppError } from '#lib/problems.ts';
import type { RetryBudget } from '#lib/retry-budget.ts';
import type { OriginServer, Outcome } from './origins.ts';

const RETRY = POLICIES.origin.retry;
const READ_ATTEMPTS = 1 + RETRY.most;
const RETRY_AFTER_SECONDS = inWholeSeconds(5 * SECOND_MS);

export interface OriginRequest {
  readonly isRead: boolean;
  /** Also when it is not known whether it arrived. */
  readonly maySendAgain: boolean;
  /** Aborts when the request's time is up, whatever was tried. */
  readonly signal: AbortSignal;
  readonly limitMs: number;
  /** Of the isolate: every attempt but the first comes out of it. */
  readonly retryBudget: RetryBudget;
  readonly log: Logger;
}

type Call = (server: OriginServer, signal: AbortSignal) => Promise<Response>;

/**
 * @param servers in the order in which to ask them
 * @throws {AppError} `unavailable` when none has answered in time
 */
export async function sendToAny(
  servers: readonly OriginServer[],
  request: OriginRequest,
  call: Call,
): Promise<Response> {
  const silent = new Set<OriginServer>();
  try {
    return await sendInTurn({ servers, silent, call }, request);
  } finally {
    for (const server of silent) server.failed();
  }
}

interface Round {
  readonly servers: readonly OriginServer[];
  /** Those that were asked and have not answered. */
  readonly silent: Set<OriginServer>;
  readonly call: Call;
}

async function sendInTurn(round: Round, request: OriginRequest): Promise<Response> {
  const { servers } = round;
  const waiting = request.maySendAgain ? [...servers] : await listeningFirst(servers);
  const attempts = request.isRead ? Math.max(READ_ATTEMPTS, servers.length) : servers.length;
  let last: Response | null = null;
  request.retryBudget.earn();
  for (let attempt = 1; mayAsk(request, attempt, attempts); attempt += 1) {
    const server = waiting.shift();
    if (server === undefined) break;
    const outcome = await takeTurn(round, request, { server, waiting, attempt });
    if (outcome.kind === 'lost') {
      if (outcome.mayHaveArrived && !request.maySendAgain) break;
      if (request.isRead) waiting.push(server);
      continue;
    }
    await last?.body?.cancel();
    last = outcome.answer;
    if (outcome.kind === 'answered') break;
  }
  if (last !== null) return last;
  request.log.warn('no origin can be reached');
  throw new AppError('unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

interface Turn {
  readonly server: OriginServer;
  readonly waiting: readonly OriginServer[];
  readonly attempt: number;
}

async function takeTurn({ silent, call }: Round, request: OriginRequest, turn: Turn): Promise<Outcome> {
  const { server, waiting, attempt } = turn;
  if (silent.has(server)) await backoff(attempt - silent.size);
  const outcome = await askInTime(server, waiting, request, call);
  if (outcome.kind === 'lost') {
    silent.add(server);
    const cause = String(outcome.cause);
    request.log.debug('an origin cannot be reached', { origin: server.url, attempt, cause });
  } else silent.delete(server);
  return outcome;
}

function mayAsk({ signal, retryBudget }: OriginRequest, attempt: number, attempts: number): boolean {
  return attempt <= attempts && !signal.aborted && (attempt === 1 || retryBudget.take());
}

/**
 * A write that may arrive once only is not sent to a server that may have gone since it was last heard of: with
 * others beside it, it has to answer a probe first.
 */
async function listeningFirst(servers: readonly OriginServer[]): Promise<OriginServer[]> {
  if (servers.length === 1) return [...servers];
  for (const server of servers) {
    if (await server.isListening()) return [server, ...servers.filter((other) => other !== server)];
  }
  return [...servers];
}

/** A read leaves the next server its part of the time; when all are slow, none is trusted, and nobody is hurried. */
async function askInTime(
  server: OriginServer,
  waiting: readonly OriginServer[],
  { isRead, signal, limitMs }: OriginRequest,
  call: Call,
): Promise<Outcome> {
  const canGoOn = isRead && waiting.some((other) => other.isTrusted());
  if (!canGoOn) return server.ask(() => call(server, signal));
  const hurry = new AbortController();
  const timer = setTimeout(() => hurry.abort(new Error('no answer for a part of the time')), limitMs / 2);
  try {
    return await server.ask(() => call(server, AbortSignal.any([signal, hurry.signal])));
  } finally {
    // The body of what has begun to come may take the rest of the time.
    clearTimeout(timer);
  }
}

/** Waits before a server is asked again: doubling, with full jitter, so that shoppers who failed together do not come back together. */
function backoff(time: number): Promise<void> {
  const ceilingMs = Math.min(RETRY.firstWaitMs * 2 ** (time - 1), RETRY.longestWaitMs);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * ceilingMs));
}
