/**
 * The client to the origins: every call has a timeout; reads are repeated after a lost connection, at another origin
 * where there is one, writes only where that does no harm. When none can be reached the answer is `unavailable`, 503;
 * once that is known nobody waits for them again, until one answers a probe.
 */

import type { Clock } from '#lib/clock.ts';
import {
  BODY_DIGEST_HEADER,
  CLIENT_IP_HEADER,
  EDGE_PROOF_HEADER,
  REQUEST_ID_HEADER,
  TIME_LEFT_HEADER,
} from '#lib/edge-contract.ts';
import { targetOf } from '#lib/edge-proof.ts';
import { POLICIES, PROBE_TIMEOUT_MS, REQUEST_LIMITS } from '#lib/policies.ts';
import { createRetryBudget } from '#lib/retry-budget.ts';
import { createOrigins, parseOrigins } from './origins.ts';
import type { Platform, RequestVariables } from './platform.ts';
import { bodyDigest, createProver, type Prover } from './proof.ts';
import { sendToAny, unavailable } from './send.ts';

const { breaker: BREAKER, retry: RETRY } = POLICIES.origin;
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

export type Caller = Pick<RequestVariables, 'requestId' | 'traceparent' | 'spans' | 'clientIp' | 'log'>;

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
    policy: BREAKER,
    probe: (url) =>
      fetch(`${url}${PROBE_PATH}`, { redirect: 'manual', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) }),
    clock,
    log: isolateLog,
    metrics: metrics.registry,
  });
  // While nobody shops, whoever looks at the circuits finds out whether they are open for a reason.
  metrics.registry.onExpose(origins.probe);
  const retryBudget = createRetryBudget(RETRY.budget);
  return {
    isLost: origins.isLost,
    probe: origins.probe,
    async send(call, caller) {
      await origins.probe();
      const servers = origins.inOrder();
      if (servers.length === 0) throw unavailable();
      const isRead = call.method === 'GET' || call.method === 'HEAD';
      const limitMs = call.timeoutMs ?? (isRead ? REQUEST_LIMITS.readMs : REQUEST_LIMITS.writeMs);
      const endsAtMs = clock.now().getTime() + limitMs - REQUEST_LIMITS.marginMs;
      const target = `${call.path}${call.query === '' ? '' : `?${call.query}`}`;
      const request = {
        ...{ isRead, limitMs, retryBudget, signal: AbortSignal.timeout(limitMs) },
        maySendAgain: isRead || call.isIdempotent === true,
        log: caller.log.with({ method: call.method, path: call.path }),
      };
      return await sendToAny(servers, request, async (server, signal) => {
        const { href: url } = new URL(`${server.url}${target}`);
        const timeLeftMs = timeLeft(endsAtMs, clock);
        const headers = await withEdgeHeaders(call, { caller, url, prover, timeLeftMs });
        return fetch(url, { method: call.method, headers, redirect: 'manual', signal, body: call.body });
      });
    },
  };
}

const timeLeft = (endsAtMs: number, clock: Clock) => Math.max(0, endsAtMs - clock.now().getTime());

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
