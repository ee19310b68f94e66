/**
 * One request to one of several origins. A read goes on to the next after a lost connection, a refusal, or silence
 * for a part of its time. A write goes on only when the first origin says that it has not begun, or when the request
 * may be carried out twice; then the second waits for what the first has begun, and answers 409 while that runs.
 */

import { inWholeSeconds, SECOND_MS } from '#lib/clock.ts';
import { withDeadline } from '#lib/deadline.ts';
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
  /** Of the isolate. */
  readonly retryBudget: RetryBudget;
  readonly log: Logger;
}

type Lost = Extract<Outcome, { readonly kind: 'lost' }>;
type Call = (server: OriginServer, signal: AbortSignal) => Promise<Response>;

export function unavailable(): AppError {
  return new AppError('unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

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
  const { silent, call } = round;
  const plan = await planOf(round.servers, request);
  const refusals = new Map<OriginServer, Response>();
  request.retryBudget.earn();
  for (const [at, server] of plan.entries()) {
    if (refusals.has(server)) continue;
    if (silent.has(server)) await backoff(at + 1 - round.servers.length);
    if (!mayAsk(request, { server, isFirst: at === 0, isRefused: refusals.size > 0 })) break;
    const outcome = await askInTime(server, plan.slice(at + 1), request, call);
    if (outcome.kind === 'answered') {
      silent.delete(server);
      return outcome.answer;
    }
    if (outcome.kind === 'refused') {
      refusals.set(server, outcome.answer);
      continue;
    }
    silent.add(server);
    report(outcome, { server, left: plan.length - at - 1, request });
    if (outcome.mayHaveArrived && !request.maySendAgain) break;
  }
  const refusal = [...refusals.values()].at(-1);
  if (refusal !== undefined) return refusal;
  throw unavailable();
}

interface Next {
  readonly server: OriginServer;
  readonly isFirst: boolean;
  /** By one that was asked before. */
  readonly isRefused: boolean;
}

/**
 * Another origin that is trusted may be asked for what one has lost: when all are gone none is trusted, after the first
 * calls. Whatever else is asked again, of busy ones above all, is within the budget.
 */
function mayAsk({ signal, retryBudget }: OriginRequest, { server, isFirst, isRefused }: Next): boolean {
  if (signal.aborted) return false;
  return isFirst || (!isRefused && server.isTrusted()) || retryBudget.take();
}

/** Whom to ask, one after the other; a read comes round to the first again. */
async function planOf(
  servers: readonly OriginServer[],
  { isRead, maySendAgain }: OriginRequest,
): Promise<readonly OriginServer[]> {
  if (!maySendAgain) return listeningFirst(servers);
  if (!isRead || servers.length >= READ_ATTEMPTS) return servers;
  const rounds = Array.from({ length: READ_ATTEMPTS }, () => servers);
  return rounds.flat().slice(0, READ_ATTEMPTS);
}

interface Attempt {
  readonly server: OriginServer;
  /** How many attempts there may be after it. */
  readonly left: number;
  readonly request: OriginRequest;
}

function report({ cause }: Lost, { server, left, request: { log } }: Attempt): void {
  const fields = { origin: server.url, left, cause: String(cause) };
  log[left > 0 ? 'debug' : 'warn']('the origin cannot be reached', fields);
}

/**
 * A write that may arrive once only is not sent to a server that may have gone since it was last heard of: with
 * others beside it, it has to answer a probe first.
 */
async function listeningFirst(servers: readonly OriginServer[]): Promise<readonly OriginServer[]> {
  if (servers.length === 1) return servers;
  for (const server of servers) {
    if (await server.isListening()) return [server, ...servers.filter((other) => other !== server)];
  }
  return servers;
}

/**
 * A read whose server is silent for a part of its time asks the next as well, and whoever answers first has answered.
 * When all are slow none is trusted, and nobody is asked for more.
 */
async function askInTime(
  server: OriginServer,
  later: readonly OriginServer[],
  { isRead, signal, limitMs, retryBudget }: OriginRequest,
  call: Call,
): Promise<Outcome> {
  const spare = isRead ? later.find((other) => other !== server && other.isTrusted()) : undefined;
  if (spare === undefined) return server.ask(() => call(server, signal));
  const givenUp = new AbortController();
  signal.addEventListener('abort', () => givenUp.abort(signal.reason), { once: true });
  const asked = server.ask(() => call(server, givenUp.signal));
  const early = await withDeadline(asked, limitMs / 2, () => null);
  if (early !== null) return early;
  server.doubt();
  if (!retryBudget.take()) return asked;
  const first = await Promise.any([
    answerFrom(server, asked),
    answerFrom(
      spare,
      spare.ask(() => call(spare, signal)),
    ),
  ]).catch(() => null);
  if (first === null) return asked;
  if (first.from === spare) {
    server.failed();
    givenUp.abort();
  }
  return first.outcome;
}

/** @throws where it has none */
async function answerFrom(from: OriginServer, asked: Promise<Outcome>) {
  const outcome = await asked;
  if (outcome.kind !== 'answered') throw new Error(`${from.url} has not answered`);
  return { from, outcome };
}

/** Waits before a server is asked again: doubling, with full jitter, so that shoppers who failed together do not come back together. */
function backoff(time: number): Promise<void> {
  const ceilingMs = Math.min(RETRY.firstWaitMs * 2 ** (time - 1), RETRY.longestWaitMs);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * ceilingMs));
}
