/**
 * The client to the origins: every call has a timeout; reads are repeated after a lost connection, at another origin
 * where there is one, writes only where that does no harm. When none can be reached the answer is `unavailable`, 503;
 * once that is known nobody waits for them again, until one answers a probe.
 */

import { reportCircuit } from '#lib/circuit-metrics.ts';
import { SECOND_MS } from '#lib/clock.ts';
import {
  BODY_DIGEST_HEADER,
  CLIENT_IP_HEADER,
  EDGE_PROOF_HEADER,
  REQUEST_ID_HEADER,
} from '#lib/edge-contract.ts';
import { targetOf } from '#lib/edge-proof.ts';
import { createOrigins, parseOrigins } from './origins.ts';
import type { Platform, RequestVariables } from './platform.ts';
import { bodyDigest, createProver, type Prover } from './proof.ts';
import { sendToAny, unavailable } from './send.ts';

const READ_TIMEOUT_MS = 10_000;
/** A checkout waits for the payment provider, retries included. */
const WRITE_TIMEOUT_MS = 30_000;
/** What a shopper waits for a catalogue page before a stale one is better than none. */
export const CATALOG_TIMEOUT_MS = 3_000;
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
  /** A write that the origin carries out once, however often it comes: it bears an Idempotency-Key. */
  readonly isIdempotent?: boolean;
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
  /** Every origin is known to be out of reach: a call would fail at once. */
  isLost(): boolean;
  /** Asks each one that is lost whether it is back; at most once a second, whoever calls. */
  probe(): Promise<void>;
}

export function createOrigin(
  platform: Pick<Platform, 'config' | 'fetch' | 'clock' | 'log' | 'metrics'>,
): Origin {
  const { config, fetch, clock, log: isolateLog, metrics } = platform;
  const prover = createProver(config.EDGE_SECRET, clock);
  const origins = createOrigins({
    regions: parseOrigins(config.ORIGIN_URL),
    policy: { breakAfter: LOST_AFTER_CALLS, tryEveryMs: PROBE_EVERY_MS },
    probe: (url) =>
      fetch(`${url}${PROBE_PATH}`, { redirect: 'manual', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) }),
    report: (dependency) => reportCircuit(metrics.registry, dependency),
    clock,
    log: isolateLog,
  });
  return {
    isLost: origins.isLost,
    probe: origins.probe,
    async send(call, caller) {
      await origins.probe();
      const servers = origins.inOrder();
      if (servers.length === 0) throw unavailable();
      const isRead = call.method === 'GET' || call.method === 'HEAD';
      const budgetMs = call.timeoutMs ?? (isRead ? READ_TIMEOUT_MS : WRITE_TIMEOUT_MS);
      const request = {
        ...{ isRead, budgetMs, budget: AbortSignal.timeout(budgetMs) },
        maySendAgain: isRead || call.isIdempotent === true,
        log: caller.log.with({ method: call.method, path: call.path }),
      };
      return await sendToAny(servers, request, async (server, signal) => {
        const { href: url } = new URL(
          `${server.url}${call.path}${call.query === '' ? '' : `?${call.query}`}`,
        );
        const headers = await withEdgeHeaders(call, { caller, url, prover });
        return fetch(url, { method: call.method, headers, redirect: 'manual', signal, body: call.body });
      });
    },
  };
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
