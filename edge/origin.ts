/**
 * The client to the origin: every call has a timeout, reads are repeated after a lost connection, writes never
 * (whether the first one arrived is not known). An origin that cannot be reached is `unavailable`, 503; once that
 * is known nobody waits for it again, until it answers a probe.
 */

import { createCircuit } from '#lib/circuit.ts';
import { reportCircuit } from '#lib/circuit-metrics.ts';
import { SECOND_MS } from '#lib/clock.ts';
import {
  BODY_DIGEST_HEADER,
  CLIENT_IP_HEADER,
  EDGE_PROOF_HEADER,
  REQUEST_ID_HEADER,
} from '#lib/edge-contract.ts';
import { targetOf } from '#lib/edge-proof.ts';
import type { Logger } from '#lib/log.ts';
import { AppError } from '#lib/problems.ts';
import type { Platform, RequestVariables } from './platform.ts';
import { bodyDigest, createProver, type Prover } from './proof.ts';

const READ_TIMEOUT_MS = 10_000;
/** A checkout waits for the payment provider, retries included. */
const WRITE_TIMEOUT_MS = 30_000;
/** What a shopper waits for a catalogue page before a stale one is better than none. */
export const CATALOG_TIMEOUT_MS = 3_000;
const READ_ATTEMPTS = 3;
const RETRY_BACKOFF_MS = 40;
const RETRY_AFTER_SECONDS = 5;
/** Calls in a row without an answer after which the origin counts as lost to this isolate. */
const LOST_AFTER_CALLS = 3;
const PROBE_EVERY_MS = SECOND_MS;
/** A shopper may be waiting for it who was promised an answer within a second. */
const PROBE_TIMEOUT_MS = 500;
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
  const policy = { breakAfter: LOST_AFTER_CALLS, tryEveryMs: PROBE_EVERY_MS };
  const report = reportCircuit(metrics.registry, 'origin');
  const circuit = createCircuit(policy, clock, (change) => {
    isolateLog.warn(change === 'opened' ? 'the origin is lost' : 'the origin is back');
    report(change === 'opened');
  });
  const prover = createProver(config.EDGE_SECRET, clock);
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
      const signal = AbortSignal.timeout(call.timeoutMs ?? (isRead ? READ_TIMEOUT_MS : WRITE_TIMEOUT_MS));
      const { href: url } = new URL(
        `${config.ORIGIN_URL}${call.path}${call.query === '' ? '' : `?${call.query}`}`,
      );
      const init: RequestInit = {
        method: call.method,
        headers: await withEdgeHeaders(call, { caller, url, prover }),
        redirect: 'manual',
        signal,
        body: call.body,
      };
      const attempts = isRead ? READ_ATTEMPTS : 1;
      const log = caller.log.with({ method: call.method, path: call.path });
      return await circuit.observe(repeat({ attempts, signal, log }, () => fetch(url, init)));
    },
  };
}

function unavailable(): AppError {
  return new AppError('unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

interface Repetition {
  readonly attempts: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** A connection that was lost may be tried again; an answer, whatever its status, is an answer. */
async function repeat(
  { attempts, signal, log }: Repetition,
  call: () => Promise<Response>,
): Promise<Response> {
  for (let attempt = 1; attempt <= attempts && !signal.aborted; attempt += 1) {
    if (attempt > 1) await backoff(attempt - 1);
    try {
      return await call();
    } catch (cause) {
      const level = attempt < attempts ? 'debug' : 'warn';
      log[level]('the origin cannot be reached', { attempt, attempts, cause: String(cause) });
    }
  }
  throw unavailable();
}

interface Sending {
  readonly caller: Caller;
  readonly url: string;
  readonly prover: Prover;
}

async function withEdgeHeaders(call: OriginCall, { caller, url, prover }: Sending): Promise<Headers> {
  const sent = new Headers(call.headers);
  sent.set(REQUEST_ID_HEADER, caller.requestId);
  sent.set('traceparent', caller.traceparent);
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
  const ceilingMs = RETRY_BACKOFF_MS * 2 ** (attempt - 1);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * ceilingMs));
}
