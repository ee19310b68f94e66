/** Bounds of what runs at one server. */

import { expect, test } from 'bun:test';
import { createInFlight } from '#db/in-flight.ts';

const LONG_MS = 60_000;

test('work over the limit is refused at once, and a place that is free again is given', async () => {
  const inFlight = createInFlight({ max: 1, timeoutMs: LONG_MS });
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = inFlight.run(() => promise);
  expect(await inFlight.run(async () => 'second').catch((error: unknown) => error)).toMatchObject({
    code: 'unavailable',
  });
  resolve('first');
  expect(await first).toBe('first');
  expect(await inFlight.run(async () => 'third')).toBe('third');
  expect(inFlight.count()).toBe(0);
});

test('work that does not end is given up at its deadline', async () => {
  const inFlight = createInFlight({ max: 1, timeoutMs: 1 });
  const work = inFlight.run(() => new Promise(() => {}));
  expect(await work.catch((error: unknown) => error)).toMatchObject({ code: 'unavailable' });
  expect(inFlight.count()).toBe(0);
});

test('when the server is given up, all that runs ends with the reason, and a late failure goes nowhere', async () => {
  const inFlight = createInFlight({ max: 3, timeoutMs: LONG_MS });
  const { promise, reject } = Promise.withResolvers<string>();
  const reason = new Error('gone');
  const running = [inFlight.run(() => promise), inFlight.run(() => promise)].map((work) =>
    work.catch((error: unknown) => error),
  );
  inFlight.abandon(reason);
  expect(await Promise.all(running)).toEqual([reason, reason]);
  reject(new Error('too late'));
  await Promise.allSettled([promise]);
  expect(inFlight.count()).toBe(0);
});
