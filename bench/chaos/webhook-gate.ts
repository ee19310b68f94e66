/** What the edge does for Stripe: takes its webhooks and hands them to an origin that is there. */

import { LOOPBACK } from '#ops/local/ports.ts';
import { provenHeaders } from '#origin/http/edge-proof.ts';

export interface WebhookGate {
  readonly url: string;
  stop(): Promise<void>;
}

const TIMEOUT_MS = 5_000;
const BAD_GATEWAY = 502;
const SIGNATURE = 'stripe-signature';

export function openWebhookGate(originUrls: readonly string[], edgeSecret: string): WebhookGate {
  const server = Bun.serve({
    hostname: LOOPBACK,
    port: 0,
    fetch: async (request) => {
      const body = await request.text();
      const { pathname } = new URL(request.url);
      const own = {
        'content-type': 'application/json',
        [SIGNATURE]: request.headers.get(SIGNATURE) ?? '',
      };
      for (const originUrl of originUrls) {
        const url = originUrl + pathname;
        const headers = provenHeaders(edgeSecret, new Date(), { method: 'POST', url, headers: own, body });
        const init = { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) };
        const answer = await fetch(url, init).catch(() => null);
        if (answer !== null) return new Response(await answer.text(), { status: answer.status });
      }
      return new Response(null, { status: BAD_GATEWAY });
    },
  });
  return { url: server.url.href.replace(/\/$/, ''), stop: () => server.stop(true) };
}
