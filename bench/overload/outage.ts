/** An origin that takes every request and hangs up, behind the real edge: how many requests come for each read of a shopper. */

import { createServer } from 'node:net';
import { startEdgeProgram } from '#bench/stack/shop.ts';
import type { Stack } from '#bench/stack/stack.ts';
import { LOOPBACK } from '#ops/local/ports.ts';

const READS = 2_000;
const AT_ONCE = 20;
const UNAVAILABLE = 503;

/** @throws {Error} when a read was answered with anything but 503. */
export async function amplificationOfOutage(stack: Stack): Promise<number> {
  const origin = await startHangUp();
  const edge = await startEdgeProgram(stack, 'edge-of-outage', `http://${LOOPBACK}:${origin.port}`);
  try {
    let left = READS;
    const shopper = async () => {
      while (left > 0) {
        left -= 1;
        // Nobody else's, and no page that could come from the cache.
        const { status } = await fetch(`${edge.url}/api/v1/orders/${crypto.randomUUID()}`);
        if (status !== UNAVAILABLE) throw new Error(`a read in the outage was answered ${status}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, shopper));
    return origin.requests() / READS;
  } finally {
    await edge.stop();
    origin.stop();
  }
}

async function startHangUp() {
  let requests = 0;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      requests += 1;
      socket.destroy();
    });
  });
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen({ port: 0, host: LOOPBACK }, listening.resolve);
  await listening.promise;
  const address = server.address();
  if (typeof address !== 'object' || address === null)
    throw new Error('the origin of the outage has no port');
  return { port: address.port, requests: () => requests, stop: () => void server.close() };
}
