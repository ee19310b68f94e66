/** Who is let in: by what is asked for, and by what is at work. */

import { expect, test } from 'bun:test';
import { createMetrics } from '#origin/adapters/metrics.ts';
import { createAdmission, type Priority, SHARES, whatIsAsked } from '#origin/http/admission.ts';

const PRIORITIES: readonly (readonly [asked: string, priority: Priority | null])[] = [
  ['GET /livez', null],
  ['GET /readyz', null],
  ['GET /health', null],
  ['GET /metrics', null],
  ['POST /api/v1/checkout', 'payment'],
  ['POST /api/v1/webhooks/stripe', 'payment'],
  ['GET /api/v1/payment-methods', 'payment'],
  ['POST /api/v1/orders/0199/payment', 'payment'],
  ['POST /api/v1/orders/0199/cancel', 'payment'],
  ['POST /api/v1/carts', 'cart'],
  ['PATCH /api/v1/carts/0199/items/0198', 'cart'],
  ['GET /api/v1/orders/0199', 'personal'],
  ['POST /api/v1/auth/login', 'personal'],
  ['POST /api/v1/products', 'personal'],
  ['GET /api/v1/products/chair?x=/api/v1/checkout', 'catalogue'],
  ['GET /api/v1/search?q=chair', 'catalogue'],
  ['GET /media/chair.jpg', 'catalogue'],
  ['GET /api/v1/checkouts', 'personal'],
];

test.each(PRIORITIES)('%s', (asked, priority) => {
  const [method = '', path = ''] = asked.split(' ');
  expect(whatIsAsked({ method, url: `http://origin.test${path}` }).priority).toBe(priority);
});

test('when no room is left for one priority there still is for those that matter more', () => {
  const admission = createAdmission({ least: 100, most: 100 }, createMetrics());
  const order: readonly Priority[] = ['catalogue', 'personal', 'cart', 'payment'];
  for (const [at, priority] of order.entries()) {
    while (admission.enter(priority));
    for (const lesser of order.slice(0, at + 1)) expect(admission.enter(lesser)).toBe(false);
  }
  admission.leave('POST', null);
  expect(order.map((priority) => admission.enter(priority))).toEqual([false, false, false, true]);
});

test('the shares fall with the priorities, and payment may fill the whole', () => {
  expect(Object.values(SHARES)).toEqual(Object.values(SHARES).toSorted((one, other) => other - one));
  expect(SHARES.payment).toBe(1);
});
