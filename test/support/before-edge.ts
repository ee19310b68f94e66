/** The real Worker in front of the origin under test: the same calls, the way that shoppers take. */

import { SECOND_MS } from '#lib/clock.ts';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import { startEdge } from '#ops/edge/run.ts';
import { nextIp, PURGE_SECRET } from './edge.ts';
import { type Answer, type Call, type OriginUnderTest, TEST_CONFIG } from './origin.ts';

export interface ThroughEdge {
  readonly call: OriginUnderTest['call'];
  readonly url: string;
  close(): Promise<void>;
}

const DEADLINE_MS = 10 * SECOND_MS;

export async function openEdgeBefore(shop: OriginUnderTest): Promise<ThroughEdge> {
  const origin = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: (request) => shop.fetch(request) });
  const edge = await startEdge({
    originUrl: origin.url.origin,
    edgeSecret: TEST_CONFIG.EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    vars: { TRUST_CF_CONNECTING_IP: 'true' },
    onLog: () => {},
  });
  return {
    url: edge.url,
    call: async (path, call = {}) => toAnswer(await fetch(`${edge.url}${path}`, toInit(call))),
    close: async () => {
      await edge.stop();
      await origin.stop(true);
    },
  };
}

/** Every call comes from another address: it is not the limits that are looked at. */
function toInit({ method = 'GET', body, headers, token, cartToken }: Call): RequestInit {
  return {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(DEADLINE_MS),
    headers: {
      'cf-connecting-ip': nextIp(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(cartToken === undefined ? {} : { [CART_TOKEN_HEADER]: cartToken }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

async function toAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : JSON.parse(text),
  };
}
