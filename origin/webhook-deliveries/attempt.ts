/**
 * Delivering: what is due is claimed for a while, sent with no connection of the database in hand, and what became of it
 * written down. A worker that dies in between leaves a claim that ends, and the delivery is tried again.
 */

import type { Transaction } from '#db/client.ts';
import { after, SECOND_MS } from '#lib/clock.ts';
import { POLICIES, WEBHOOK_ENDURANCE, WEBHOOK_RETRIES } from '#lib/policies.ts';
import { type Deps, emit } from '#origin/deps.ts';
import {
  type EndpointRow,
  lockEndpoint,
  secretsOf,
  signatureHeaders,
  updateEndpoint,
} from '#origin/webhook-endpoints/service.ts';
import { type Outcome, outcomeOfError, outcomeOfStatus } from './outcomes.ts';
import * as store from './store.ts';

/** An attempt and its writing down end well within it. */
const LEASE_MS = 3 * POLICIES.webhooks.timeoutMs;
const MAX_ANSWER_BYTES = 512;

/** Claims of what is due, so many at most; whoever else asks is given other ones. */
export async function claimDue(deps: Deps, limit: number): Promise<readonly store.Claimed[]> {
  const now = deps.clock.now();
  if (limit <= 0 || !(await store.hasDue(deps.db, now))) return [];
  return deps.db.transaction(async (tx) => {
    const endpoints = await store.lockDueEndpoints(tx, now);
    return store.claimDue(tx, { endpoints, now, leaseUntil: after(now, LEASE_MS), limit });
  });
}

/** One attempt, and what came of it written down. Where that fails the claim ends by itself, and it is tried again. */
export async function attempt(deps: Deps, claimed: store.Claimed): Promise<void> {
  const secrets = await secretsOf(deps, claimed.endpointId);
  const startedAt = deps.clock.now();
  const begunMs = performance.now();
  const { url, body, eventId: id } = claimed;
  const sent = await send(deps, url, { headers: signatureHeaders({ id, body }, secrets, startedAt), body });
  const durationMs = Math.round(performance.now() - begunMs);
  deps.metrics.count('webhook_attempts_total', { outcome: sent.outcome });
  deps.metrics.observe('webhook_attempt_duration_seconds', {}, durationMs / SECOND_MS);
  await writeDown(deps, claimed, { ...sent, startedAt, durationMs });
}

interface Sent {
  readonly outcome: Outcome;
  readonly statusCode: number | null;
  readonly answerStart: string;
}

type Message = Pick<Parameters<Deps['outbound']['post']>[0], 'headers' | 'body'>;

const OWN_HEADERS = { 'content-type': 'application/json', 'user-agent': 'Hotshelf-Webhooks/1' };

async function send(deps: Deps, url: string, { headers, body }: Message): Promise<Sent> {
  const call = { url, headers: { ...headers, ...OWN_HEADERS }, body, maxAnswerBytes: MAX_ANSWER_BYTES };
  try {
    const { status, start } = await deps
      .guards('webhooks')
      .run((signal) => deps.outbound.post({ ...call, signal }));
    return { outcome: outcomeOfStatus(status), statusCode: status, answerStart: readable(start) };
  } catch (error) {
    return { outcome: outcomeOfError(error), statusCode: null, answerStart: '' };
  }
}

/** For people to read, and for a database that keeps no NUL. */
function readable(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll(/[^\P{C}\n\t]/gu, '\uFFFD');
}

type Attempt = Omit<store.AttemptRow, 'deliveryId' | 'number' | 'outcome'> & Sent;

async function writeDown(deps: Deps, claimed: store.Claimed, made: Attempt): Promise<void> {
  const { id, endpointId, attempts: number } = claimed;
  const { outcome, statusCode, answerStart, startedAt, durationMs } = made;
  const row = { deliveryId: id, number, startedAt, durationMs, outcome, statusCode, answerStart };
  const end = await deps.db.transaction(async (tx) => {
    // Before the delivery, as whoever claims takes them.
    const endpoint = await lockEndpoint(tx, endpointId);
    const delivery = await store.lockAttempted(tx, { id, attempts: number });
    if (endpoint === undefined || delivery === undefined) return null;
    await store.insertAttempt(tx, row);
    const next = nextOf(deps, delivery, outcome);
    await store.endAttempt(tx, id, next);
    const disabled = await judge(deps, tx, endpoint, outcome);
    return { status: next.status, disabled };
  });
  if (end?.status !== undefined) deps.metrics.count('webhook_deliveries_total', { outcome: end.status });
  if (end?.disabled == null) return;
  deps.log.warn('a webhook endpoint is disabled', { endpointId, reason: end.disabled });
}

/** How the delivery goes on: it has ended, or is due again. */
function nextOf({ clock }: Deps, { attemptsOfRound }: store.DeliveryRow, outcome: Outcome) {
  const now = clock.now();
  if (outcome === 'succeeded') return { status: 'succeeded' as const, endedAt: now };
  if (outcome === 'gone' || attemptsOfRound >= WEBHOOK_RETRIES.attempts) {
    return { status: 'failed' as const, endedAt: now };
  }
  return { dueAt: after(now, waitMs(attemptsOfRound)) };
}

/** After so many attempts. */
function waitMs(attempts: number): number {
  const { firstWaitMs, factor, longestWaitMs, jitter } = WEBHOOK_RETRIES;
  const planned = Math.min(firstWaitMs * factor ** (attempts - 1), longestWaitMs);
  return Math.round(planned * (1 + jitter * (2 * Math.random() - 1)));
}

/** What the attempt says of its endpoint. Why it was disabled, where it was; null otherwise. */
async function judge(
  deps: Deps,
  tx: Transaction,
  endpoint: EndpointRow,
  outcome: Outcome,
): Promise<'gone' | 'failing' | null> {
  const { id, failingSince } = endpoint;
  if (outcome === 'succeeded') {
    if (failingSince !== null) await updateEndpoint(tx, id, { failingSince: null, failures: 0 });
    return null;
  }
  const now = deps.clock.now();
  const since = failingSince ?? now;
  const failures = endpoint.failures + 1;
  const reason = reasonToDisable(outcome, now.getTime() - since.getTime(), failures);
  if (reason === null || endpoint.disabledAt !== null) {
    await updateEndpoint(tx, id, { failingSince: since, failures });
    return null;
  }
  await updateEndpoint(tx, id, {
    ...{ failingSince: since, failures },
    ...{ disabledAt: now, disabledReason: reason },
  });
  await emit(deps, tx, { name: 'webhook.disabled', data: { endpointId: id } });
  return reason;
}

function reasonToDisable(outcome: Outcome, failingMs: number, failures: number): 'gone' | 'failing' | null {
  if (outcome === 'gone') return 'gone';
  const { forMs, failures: most } = WEBHOOK_ENDURANCE;
  return failingMs >= forMs && failures >= most ? 'failing' : null;
}
