/** Shoppers as a program of their own: cart, item, checkout, as the edge calls the origin; tells what came of it. */

import { type Job, type JobReport, type Pace, readJob } from '#bench/checkout/job.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import { provenHeaders } from '#origin/http/edge-proof.ts';

/** What the edge waits for the origin, and more: what takes longer is a failure. */
const TIMEOUT_MS = 20_000;
const MICROSECONDS = 1_000_000;
/** Above them the open load is more than the shop can take, and the run would never end. */
const MAX_OPEN = 2_000;
const PAID = 'paid';

const ADDRESS = {
  ...{ name: 'Sam Shopper', line1: '1 Main Street', city: 'Springfield' },
  ...{ postalCode: '12345', country: 'US' },
};

interface Tally {
  readonly endings: Record<string, number>;
  readonly checkoutMs: number[];
  slowestMs: number;
}

interface Answered {
  readonly id?: string;
  readonly token?: string;
  readonly status?: string | number;
  readonly code?: string;
}

function createShopper({ originUrl, edgeSecret, variantIds }: Job, tally: Tally) {
  let visits = 0;
  async function post(path: string, body: unknown, headers: Record<string, string>): Promise<Answered> {
    const begun = performance.now();
    const url = `${originUrl}/api/v1${path}`;
    const text = body === null ? null : JSON.stringify(body);
    const own = { 'content-type': 'application/json', ...headers };
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: provenHeaders(edgeSecret, new Date(), { method: 'POST', url, headers: own, body: text }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(text === null ? {} : { body: text }),
      });
      return (await response.json()) as Answered;
    } catch (error) {
      return { code: error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'no connection' };
    } finally {
      tally.slowestMs = Math.max(tally.slowestMs, performance.now() - begun);
    }
  }
  async function buy(): Promise<string> {
    const variantId = variantIds[visits++ % variantIds.length];
    const cart = await post('/carts', null, {});
    if (cart.id === undefined) return cart.code ?? 'no cart';
    const owner = { [CART_TOKEN_HEADER]: cart.token ?? '' };
    const filled = await post(`/carts/${cart.id}/items`, { variantId, quantity: 1 }, owner);
    if (filled.id === undefined) return filled.code ?? 'no item';
    const begun = performance.now();
    const order = await post(
      '/checkout',
      {
        cartId: cart.id,
        email: 'sam@shopper.example',
        shippingAddress: ADDRESS,
        paymentMethodId: 'pm_card_visa',
      },
      { ...owner, 'idempotency-key': crypto.randomUUID() },
    );
    if (order.code !== undefined) return order.code;
    tally.checkoutMs.push(performance.now() - begun);
    return String(order.status);
  }
  return async () => {
    const ending = await buy();
    tally.endings[ending] = (tally.endings[ending] ?? 0) + 1;
  };
}

async function keepPace(pace: Pace, visit: () => Promise<void>): Promise<void> {
  const begun = performance.now();
  if (pace.kind === 'open') return visitOpenly(pace, visit);
  let visits = 0;
  const wantsMore = () =>
    pace.kind === 'closed' ? performance.now() - begun < pace.forMs : visits++ < pace.shoppers;
  const lane = async () => {
    while (wantsMore()) await visit();
  };
  const lanes = pace.kind === 'closed' ? pace.shoppers : pace.atOnce;
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function visitOpenly(
  { perSecond, forMs }: Extract<Pace, { kind: 'open' }>,
  visit: () => Promise<void>,
): Promise<void> {
  const begun = performance.now();
  const open = new Set<Promise<void>>();
  for (let sent = 0; performance.now() - begun < forMs; ) {
    const due = Math.floor(((performance.now() - begun) * perSecond) / SECOND_MS);
    for (; sent < due && open.size < MAX_OPEN; sent += 1) {
      const visiting = visit().finally(() => open.delete(visiting));
      open.add(visiting);
    }
    await Bun.sleep(1);
  }
  await Promise.all(open);
}

async function main(): Promise<void> {
  const job = readJob(await Bun.stdin.text());
  const tally: Tally = { endings: { [PAID]: 0 }, checkoutMs: [], slowestMs: 0 };
  const begun = performance.now();
  const cpuBefore = process.cpuUsage();
  await keepPace(job.pace, createShopper(job, tally));
  const { user, system } = process.cpuUsage(cpuBefore);
  const report: JobReport = {
    ...tally,
    seconds: (performance.now() - begun) / SECOND_MS,
    cpuSeconds: (user + system) / MICROSECONDS,
  };
  console.log(JSON.stringify(report));
}

await main();
