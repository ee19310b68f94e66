/** The life of an order: one table, complete, and nothing beside it. */

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { orderStatus } from '#db/schema/orders.ts';
import {
  drawLifecycle,
  isCancellable,
  isOpen,
  isShippable,
  isTerminal,
  nextStatus,
  ORDER_TRIGGERS,
  type OrderStatus,
  type OrderTrigger,
  TRANSITIONS,
} from '#origin/orders/lifecycle.ts';

const STATUSES = orderStatus.enumValues;
const TRIGGERS = ORDER_TRIGGERS;
const PAYMENT_TRIGGERS = [
  'action_required',
  'payment_processing',
  'payment_succeeded',
  'payment_failed',
  'payment_abandoned',
] as const;
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

test('goods leave while their order is paid and neither cancelled nor wholly refunded', () => {
  const shippable = STATUSES.filter(isShippable).toSorted();
  expect(shippable).toEqual(['paid', 'partially_fulfilled', 'partially_refunded']);
});

describe('whatever happens, in whatever order', () => {
  const story = fc.array(fc.constantFrom(...TRIGGERS), { maxLength: 30 });

  test('the news of a payment moves no order that has ended', () => {
    const payments = fc.array(fc.constantFrom(...PAYMENT_TRIGGERS), { maxLength: 30 });
    fc.assert(
      fc.property(payments, fc.constantFrom(...ENDED), (triggers, start) => {
        for (const trigger of triggers) expect([start, 'illegal']).toContain(attempt(start, trigger));
      }),
    );
  });

  test('an order never leaves the table, and never comes back from a terminal status', () => {
    fc.assert(
      fc.property(story, fc.constantFrom(...STATUSES), (triggers, start) => {
        let status: OrderStatus = start;
        for (const trigger of triggers) {
          const next = attempt(status, trigger);
          if (next === 'illegal') continue;
          expect(STATUSES).toContain(next);
          if (isTerminal(status)) expect(next).toBe(status);
          status = next;
        }
      }),
    );
  });

  test('an order whose payment is behind it never waits for one again', () => {
    fc.assert(
      fc.property(story, (triggers) => {
        let status: OrderStatus = 'pending_payment';
        for (const trigger of triggers) {
          const next = attempt(status, trigger);
          if (next === 'illegal') continue;
          if (!isOpen(status)) expect(isOpen(next)).toBeFalse();
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

  test('no order has goods on their way, or money back, that was never paid', () => {
    fc.assert(
      fc.property(story, (triggers) => {
        let status: OrderStatus = 'pending_payment';
        let wasPaid = false;
        for (const trigger of triggers) {
          const next = attempt(status, trigger);
          if (next === 'illegal') continue;
          status = next;
          wasPaid ||= status === 'paid';
          const unpaid = isOpen(status) || status === 'payment_failed' || status === 'cancelled';
          expect(unpaid || wasPaid).toBeTrue();
        }
      }),
    );
  });
});

test('terminal are exactly the orders that failed, were cancelled or wholly refunded', () => {
  expect(STATUSES.filter(isTerminal).toSorted()).toEqual(['cancelled', 'payment_failed', 'refunded']);
});

test('what can be cancelled waits for its payment, is paid or is refunded in part', () => {
  const expected = ['paid', 'partially_refunded', 'pending_payment', 'requires_action'];
  expect<string[]>(STATUSES.filter(isCancellable).toSorted()).toEqual(expected);
});

test('every status can be reached', () => {
  const reached = new Set<OrderStatus>(['pending_payment']);
  for (const status of reached) {
    for (const next of Object.values(TRANSITIONS[status])) reached.add(next);
  }
  expect([...reached].toSorted()).toEqual([...STATUSES].toSorted());
});

test('the diagram has an arrow for each change in the table, and no other', () => {
  const arrows = new Set(drawLifecycle().split('\n').slice(1));
  const expected = STATUSES.flatMap((from) =>
    Object.entries(TRANSITIONS[from])
      .filter(([, to]) => to !== from)
      .map(([trigger, to]) => `  ${from} --> ${to}: ${trigger}`),
  );
  const ends = STATUSES.filter(isTerminal).map((status) => `  ${status} --> [*]`);
  expect(arrows).toEqual(new Set(['  [*] --> pending_payment: order_placed', ...expected, ...ends]));
});

test('a charge for an order that ended without one is never taken in silence', () => {
  for (const status of ['payment_failed', 'cancelled'] as const) {
    expect(() => nextStatus(status, 'payment_succeeded')).toThrow();
  }
});
