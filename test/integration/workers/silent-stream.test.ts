/** NATS that is silent for longer than its client asks after it: consumers go on soon after, not when the client comes back to it. */

import { expect, setDefaultTimeout, test } from 'bun:test';
import type { EventId } from '#lib/ids.ts';
import { openAfar } from '#test/support/bad-network.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { openLoops, recorder } from '#test/support/workers.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

/** Each is waited for two seconds: together for longer than the client needs to have asked in vain. */
const SILENT_CALLS = 6;
const SOON_MS = 8_000;

async function publish({ deps }: OriginUnderTest): Promise<string> {
  const orderId = crypto.randomUUID();
  await deps.bus.publish({
    id: deps.ids.next<EventId>(),
    name: 'order.cancelled',
    version: 1,
    occurredAt: new Date().toISOString(),
    traceparent: null,
    data: { orderId },
  });
  return orderId;
}

test('a consumer to whom NATS was silent for long goes on within seconds', async () => {
  const shop = await openOrigin();
  const afar = await openAfar(shop, 'NATS_URL');
  const loops = openLoops(shop);
  try {
    await shop.deps.bus.ensureStream();
    const consumer = recorder();
    const { name, seen } = consumer;
    loops.consume(consumer, afar.deps);
    const before = await publish(shop);
    await eventually('the first is handled', () => seen.includes(before));
    afar.network.set({ kind: 'black hole' });
    for (let call = 0; call < SILENT_CALLS; call += 1) {
      await expect(afar.deps.bus.waiting(name)).rejects.toThrow();
    }
    afar.network.set(null);
    const after = await publish(shop);
    await eventually('the next is handled', () => seen.includes(after), SOON_MS);
  } finally {
    afar.network.set(null);
    await loops.stop();
    await afar.close();
    await shop.close();
  }
});
