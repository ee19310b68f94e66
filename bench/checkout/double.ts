/** What a payment costs at the Stripe double alone: created and confirmed as the shop does, without the shop. */

import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { cpuSeconds } from '#bench/load/cpu.ts';
import type { Run } from '#bench/read/compare.ts';
import { percentile } from '#bench/statistics.ts';
import { SECOND_MS } from '#lib/clock.ts';
import type { Shop } from './shop.ts';

const TIMEOUT_MS = 10_000;
const US_PER_SECOND = 1_000_000;
const Intent = Type.Object({ id: Type.String(), status: Type.String() });

/** Payments a second at one double, by so many callers at once. */
export async function runPayments(
  { double, stack }: Shop,
  { callers, runMs }: { readonly callers: number; readonly runMs: number },
): Promise<Run> {
  const spent: number[] = [];
  const begun = performance.now();
  const cpuBefore = cpuSeconds(double.pid) ?? 0;
  const lane = async () => {
    while (performance.now() - begun < runMs) {
      stack.signal.throwIfAborted();
      const from = performance.now();
      await pay(double.url);
      spent.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: callers }, lane));
  const seconds = (performance.now() - begun) / SECOND_MS;
  return {
    perSecond: spent.length / seconds,
    p50Ms: percentile(spent, 50),
    p99Ms: percentile(spent, 99),
    cpuUs: (((cpuSeconds(double.pid) ?? 0) - cpuBefore) * US_PER_SECOND) / spent.length,
  };
}

async function pay(url: string): Promise<void> {
  const key = crypto.randomUUID();
  const { id } = await call(`${url}/v1/payment_intents`, `create-${key}`, {
    amount: '1999',
    currency: 'usd',
    'automatic_payment_methods[enabled]': 'true',
    'automatic_payment_methods[allow_redirects]': 'never',
    'metadata[order_id]': key,
  });
  const { status } = await call(`${url}/v1/payment_intents/${id}/confirm`, `confirm-${key}`, {
    payment_method: 'pm_card_visa',
    'expand[0]': 'latest_charge.balance_transaction',
  });
  if (status !== 'succeeded') throw new Error(`the double left a payment ${status}`);
}

async function call(
  url: string,
  idempotencyKey: string,
  form: Readonly<Record<string, string>>,
): Promise<Static<typeof Intent>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: 'Bearer sk_test_bench',
      'content-type': 'application/x-www-form-urlencoded',
      'idempotency-key': idempotencyKey,
    },
    body: new URLSearchParams(form).toString(),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return Value.Decode(Intent, await response.json());
}
