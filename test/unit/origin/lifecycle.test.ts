/** The life of an order: one table, complete, and nothing beside it. */

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { orderStatus } from '#db/schema/orders.ts';
import {
  isOpen,
  nextStatus,
  type OrderStatus,
  type OrderTrigger,
  TRANSITIONS,
} from '#origin/orders/lifecycle.ts';

const STATUSES = orderStatus.enumValues;
const TRIGGERS: readonly OrderTrigger[] = [
  'action_required',
  'payment_succeeded',
  'payment_failed',
  'payment_abandoned',
];
/** Of these no payment trigger leads away. */
const ENDED = STATUSES.filter((status) => !isOpen(status));

function attempt(status: OrderStatus, trigger: OrderTrigger): OrderStatus | 'illegal' {
  try {
    return nextStatus(status, trigger);
  } catch (error) {
    expect(String(error)).toContain(`${status} cannot take ${trigger}`);
    return 'illegal';
  }
}

test('every status of the database has its row, and there is no row more', () => {
  expect(Object.keys(TRANSITIONS).toSorted()).toEqual([...STATUSES].toSorted());
});

test('a trigger leads where the table says, and throws where it says nothing', () => {
  for (const status of STATUSES) {
    for (const trigger of TRIGGERS) {
      expect(attempt(status, trigger)).toBe(TRANSITIONS[status][trigger] ?? 'illegal');
    }
  }
});

test('an order that waits for its payment can be paid and can fail, at any point', () => {
  for (const status of STATUSES.filter(isOpen)) {
    expect([nextStatus(status, 'payment_succeeded'), nextStatus(status, 'payment_failed')]).toEqual([
      'paid',
      'payment_failed',
    ]);
  }
});

describe('whatever happens, in whatever order', () => {
  const story = fc.array(fc.constantFrom(...TRIGGERS), { maxLength: 30 });

  test('an order that has ended stays as it ended', () => {
    fc.assert(
      fc.property(story, fc.constantFrom(...STATUSES), (triggers, start) => {
        let status: OrderStatus = start;
        for (const trigger of triggers) {
          const next = attempt(status, trigger);
          if (next === 'illegal') continue;
          if (ENDED.includes(status)) expect(next).toBe(status);
          status = next;
        }
      }),
    );
  });

  test('the same news again changes nothing', () => {
    fc.assert(
      fc.property(story, fc.constantFrom(...TRIGGERS), (triggers, last) => {
        let status: OrderStatus = 'pending_payment';
        for (const trigger of [...triggers, last]) {
          const next = attempt(status, trigger);
          if (next === 'illegal') continue;
          expect(attempt(next, trigger)).toBe(next);
          status = next;
        }
      }),
    );
  });

  test('no order is paid without a payment, and none whose payment came first is anything else', () => {
    fc.assert(
      fc.property(story, (triggers) => {
        let status: OrderStatus = 'pending_payment';
        const taken: OrderTrigger[] = [];
        for (const trigger of triggers) {
          const next = attempt(status, trigger);
          if (next === 'illegal') continue;
          if (next !== status) taken.push(trigger);
          status = next;
        }
        expect(status === 'paid').toBe(taken.includes('payment_succeeded'));
      }),
    );
  });
});

test('a charge for an order that ended without one is never taken in silence', () => {
  for (const status of ['payment_failed', 'cancelled'] as const) {
    expect(() => nextStatus(status, 'payment_succeeded')).toThrow();
  }
});
