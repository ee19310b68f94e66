/** A claim of a key lives as long as its run: a crash frees it soon, and work that takes long keeps it. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { claimKey, type IdempotencyClaim, keepClaimed, LEASE_MS } from '#db/idempotency.ts';
import { idempotencyKeys } from '#db/schema/messaging.ts';
import { after, DAY_MS, SECOND_MS } from '#lib/clock.ts';
import type { EventId } from '#lib/ids.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { mailOnce } from '#workers/mail-once.ts';

setDefaultTimeout(60 * SECOND_MS);

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(() => shop.close());

function claimAt(key: string, now: Date): IdempotencyClaim {
  return {
    ...{ scope: 'test', key, requestHash: new Uint8Array([1]), resourceId: crypto.randomUUID(), now },
    lockedUntil: after(now, LEASE_MS),
    expiresAt: after(now, DAY_MS),
  };
}

const lockedUntil = async (key: string) => {
  const [row] = await shop.deps.db.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, key));
  return row?.lockedUntil.getTime() ?? 0;
};

test('a run that was killed holds its key for one lease, and the next gets the same resource', async () => {
  const { db } = shop.deps;
  const now = new Date();
  const first = claimAt('killed', now);
  expect((await claimKey(db, first)).kind).toBe('claimed');
  expect((await claimKey(db, claimAt('killed', after(now, LEASE_MS - 1)))).kind).toBe('running');
  const next = await claimKey(db, claimAt('killed', after(now, LEASE_MS)));
  expect(next).toEqual({ kind: 'claimed', resourceId: first.resourceId });
});

test('a run that goes on keeps its key beyond the lease, until it ends', async () => {
  const { db } = shop.deps;
  const now = new Date();
  await claimKey(db, claimAt('kept', now));
  const later = after(now, 5 * LEASE_MS);
  const release = keepClaimed(db, { scope: 'test', key: 'kept' }, () => later);
  await eventually('the claim is renewed', async () => (await lockedUntil('kept')) > later.getTime());
  release();
  expect((await claimKey(db, claimAt('kept', later))).kind).toBe('running');
  expect((await claimKey(db, claimAt('kept', after(later, LEASE_MS)))).kind).toBe('claimed');
});

test('of two workers with the same mail one sends it, also when that takes longer than its first lease', async () => {
  let now = new Date();
  const deps = { ...shop.deps, clock: { now: () => now } };
  const mail = { consumer: 'test-mail', eventId: deps.ids.next<EventId>(), subjectId: crypto.randomUUID() };
  const { promise: taken, resolve: takeMail } = Promise.withResolvers<void>();
  let sent = 0;
  const send = async () => {
    sent += 1;
  };
  const first = mailOnce(deps, mail, () => send().then(() => taken));
  await eventually('it is being sent', () => sent === 1);
  now = after(now, 5 * LEASE_MS);
  await eventually('the claim is renewed', async () => (await lockedUntil(mail.subjectId)) > now.getTime());
  const second = await mailOnce(deps, mail, send).catch((error: unknown) => error);
  takeMail();
  await first;
  expect(second).toMatchObject({ code: 'idempotency_in_progress' });
  await mailOnce(deps, mail, send);
  expect(sent).toBe(1);
});
