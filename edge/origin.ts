/**
 * The client to the origin: every call has a timeout, reads are repeated after a lost connection, writes never
 * (whether the first one arrived is not known). An origin that cannot be reached is `unavailable`, 503; once that
 * is known nobody waits for it again, until it answers a probe.
 */

import { createCircuit } from '#lib/circuit.ts';
import { reportCircuit } from '#lib/circuit-metrics.ts';
import { type Clock, inWholeSeconds, SECOND_MS } from '#lib/clock.ts';
import {
  BODY_DIGEST_HEADER,
  CLIENT_IP_HEADER,
  EDGE_PROOF_HEADER,
  REQUEST_ID_HEADER,
  TIME_LEFT_HEADER,
} from '#lib/edge-contract.ts';
import { targetOf } from '#lib/edge-proof.ts';
import type { Logger } from '#lib/log.ts';
import { POLICIES, PROBE_TIMEOUT_MS, REQUEST_LIMITS } from '#lib/policies.ts';
import { AppError } from '#lib/problems.ts';
import { createRetryBudget, type RetryBudget } from '#lib/retry-budget.ts';
import type { Platform, RequestVariables } from './platform.ts';
import { bodyDigest, createProver, type Prover } from './proof.ts';

const { breaker: BREAKER, retry: RETRY } = POLICIES.origin;
const RETRY_AFTER_SECONDS = inWholeSeconds(5 * SECOND_MS);
/** Answers without touching what is behind the origin; any status proves that it is there. */
const PROBE_PATH = '/livez';

export interface OriginCall {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly timeoutMs?: number;
  /** A read whose answer is for everybody: nothing is said of who made the edge ask. */
  readonly isForEverybody?: boolean;
}

export type Caller = Pick<RequestVariables, 'requestId' | 'traceparent' | 'clientIp' | 'log'>;

export interface Origin {
  /**
   * The origin's answer, whatever its status, its body not yet read.
   * @throws {AppError} `unavailable` when there is none in time.
   */
  send(call: OriginCall, caller: Caller): Promise<Response>;
  /** Known to be out of reach: a call would fail at once. */
  isLost(): boolean;
  /** Where it is lost, asks whether it is back; at most once a second, whoever calls. */
  probe(): Promise<void>;
}

export function createOrigin(
  platform: Pick<Platform, 'config' | 'fetch' | 'clock' | 'log' | 'metrics'>,
): Origin {
  const { config, fetch, clock, log: isolateLog, metrics } = platform;
  const report = reportCircuit(metrics.registry, 'origin');
  const circuit = createCircuit(BREAKER, clock, (change) => {
    isolateLog.warn(change === 'opened' ? 'the origin is lost' : 'the origin is back');
    report(change === 'opened');
  });
  const prover = createProver(config.EDGE_SECRET, clock);
  const budget = createRetryBudget(RETRY.budget);
  const probe = async () => {
    if (!circuit.isOpen() || !circuit.admits()) return;
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const asked = fetch(`${config.ORIGIN_URL}${PROBE_PATH}`, { redirect: 'manual', signal });
    await circuit.observe(asked).then(
      (answer) => answer.body?.cancel(),
      () => undefined,
    );
  };
  return {
    isLost: circuit.isOpen,
    probe,
    async send(call, caller) {
      await probe();
      if (circuit.isOpen()) throw unavailable();
      const isRead = call.method === 'GET' || call.method === 'HEAD';
      const limitMs = call.timeoutMs ?? (isRead ? REQUEST_LIMITS.readMs : REQUEST_LIMITS.writeMs);
      const signal = AbortSignal.timeout(limitMs);
      const endsAtMs = clock.now().getTime() + limitMs - REQUEST_LIMITS.marginMs;
      const { href: url } = new URL(
        `${config.ORIGIN_URL}${call.path}${call.query === '' ? '' : `?${call.query}`}`,
      );
      const attempt = async () => {
        const headers = await withEdgeHeaders(call, {
          caller,
          url,
          prover,
          timeLeftMs: timeLeft(endsAtMs, clock),
        });
        return fetch(url, { method: call.method, headers, redirect: 'manual', signal, body: call.body });
      };
      const retries = isRead ? RETRY.most : 0;
      const log = caller.log.with({ method: call.method, path: call.path });
      return await circuit.observe(repeat({ retries, budget, signal, log }, attempt));
    },
  };
}

function unavailable(): AppError {
  return new AppError('unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

const timeLeft = (endsAtMs: number, clock: Clock) => Math.max(0, endsAtMs - clock.now().getTime());

interface Repetition {
  readonly retries: number;
  readonly budget: RetryBudget;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** A connection that was lost may be tried again; an answer, whatever its status, is an answer. */
async function repeat(
  { retries, budget, signal, log }: Repetition,
  call: () => Promise<Response>,
): Promise<Response> {
  budget.earn();
  for (let failed = 0; ; ) {
    try {
      return await call();
    } catch (cause) {
      failed += 1;
      const isLast = failed > retries || signal.aborted || !budget.take();
      log[isLast ? 'warn' : 'debug']('the origin cannot be reached', { failed, cause: String(cause) });
      if (isLast) throw unavailable();
    }
    await backoff(failed);
  }
}

interface Sending {
  readonly caller: Caller;
  readonly url: string;
  readonly prover: Prover;
  readonly timeLeftMs: number;
}

async function withEdgeHeaders(call: OriginCall, sending: Sending): Promise<Headers> {
  const { caller, url, prover, timeLeftMs } = sending;
  const sent = new Headers(call.headers);
  sent.set(REQUEST_ID_HEADER, caller.requestId);
  sent.set('traceparent', caller.traceparent);
  sent.set(TIME_LEFT_HEADER, String(timeLeftMs));
  // Answers are stored as plain bytes; Cloudflare compresses them towards the shopper.
  sent.set('accept-encoding', 'identity');
  if (call.isForEverybody === true) {
    sent.set(EDGE_PROOF_HEADER, await prover.pass());
    return sent;
  }
  sent.set(CLIENT_IP_HEADER, caller.clientIp);
  if (call.body !== null) sent.set(BODY_DIGEST_HEADER, await bodyDigest(call.body));
  const { method } = call;
  sent.set(EDGE_PROOF_HEADER, await prover.sign({ method, target: targetOf(url), headers: sent }));
  return sent;
}

/** Waits after a failed attempt: doubling, with full jitter, so that shoppers who failed together do not come back together. */
function backoff(attempt: number): Promise<void> {
  const ceilingMs = Math.min(RETRY.firstWaitMs * 2 ** (attempt - 1), RETRY.longestWaitMs);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * ceilingMs));
}
