/** The catalogue of events: what is written can be read, and nothing else is taken for an event. */

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  checkEventData,
  decodeEvent,
  EVENTS,
  EventDecodeError,
  type EventName,
  encodeEvent,
  isEventName,
  type ShopEvent,
  subjectOf,
} from '#lib/events.ts';
import type { EventId } from '#lib/ids.ts';
import { newTrace } from '#lib/trace.ts';

const NAMES = Object.keys(EVENTS) as EventName[];
const id = fc.uuid({ version: 7 });

/** What the event's schema asks for, drawn from what any of them asks for. */
function dataOf(name: EventName): fc.Arbitrary<ShopEvent['data']> {
  const members: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    slug: fc.string(),
    currency: fc.stringMatching(/^[A-Z]{3}$/),
    version: fc.integer({ min: 1 }),
    available: fc.nat(),
    added: fc.integer({ min: 1 }),
    paymentIntentId: fc.string({ minLength: 1, maxLength: 255 }),
  };
  const asked = Object.keys(EVENTS[name].data.properties).map((member) => [member, members[member] ?? id]);
  return fc.record(Object.fromEntries(asked)) as fc.Arbitrary<ShopEvent['data']>;
}

const anyEvent: fc.Arbitrary<ShopEvent> = fc.constantFrom(...NAMES).chain((name) =>
  fc.record({
    id: id.map((text) => text as EventId),
    name: fc.constant(name),
    version: fc.constant(EVENTS[name].version),
    occurredAt: fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
      .map((at) => at.toISOString()),
    traceparent: fc.constantFrom(null, newTrace()),
    data: dataOf(name),
  }),
);

const order: ShopEvent<'order.paid'> = {
  id: '01990000-0000-7000-8000-000000000001' as EventId,
  name: 'order.paid',
  version: 1,
  occurredAt: '2026-01-01T00:00:00.000Z',
  traceparent: null,
  data: { orderId: '01990000-0000-7000-8000-000000000002' },
};
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test.each(NAMES)('%s is named aggregate.past_participle and has a version and a subject', (name) => {
  expect(name).toMatch(/^[a-z]+\.[a-z_]+$/);
  expect(EVENTS[name].version).toBeGreaterThanOrEqual(1);
  expect(subjectOf(name)).toBe(`shop.${name}`);
  expect(isEventName(name)).toBe(true);
});

test('every event of the catalogue comes out of the bytes as it went in', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      expect(checkEventData(event.name, event.data)).toBe(event.data);
      expect(decodeEvent(encodeEvent(event))).toEqual(event);
    }),
  );
});

describe('what is no event is refused with one kind of error', () => {
  const refused: readonly (readonly [what: string, message: Uint8Array, reason: string])[] = [
    ['no bytes', new Uint8Array(), 'no JSON'],
    ['no JSON', new TextEncoder().encode('{'), 'no JSON'],
    ['no UTF-8', new Uint8Array([0xff, 0xfe]), 'no JSON'],
    ['null', bytes(null), 'envelope'],
    ['a list', bytes([order]), 'envelope'],
    ['an envelope without id', bytes({ ...order, id: undefined }), 'envelope'],
    ['a version that is text', bytes({ ...order, version: '1' }), 'envelope'],
    ['an unknown name', bytes({ ...order, name: 'order.eaten' }), 'order.eaten'],
    ['a name of every object', bytes({ ...order, name: 'toString' }), 'toString'],
    ['a newer version', bytes({ ...order, version: 2 }), 'version 2'],
    ['data of another event', bytes({ ...order, name: 'product.changed' }), 'does not fit'],
    ['no data', bytes({ ...order, data: null }), 'does not fit'],
  ];
  test.each(refused)('%s', (_what, message, reason) => {
    expect(() => decodeEvent(message)).toThrow(EventDecodeError);
    expect(() => decodeEvent(message)).toThrow(reason);
  });

  test('any bytes whatever', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (message) => {
        expect(() => decodeEvent(message)).toThrow(EventDecodeError);
      }),
    );
  });
});

test('a verb that emits data against the catalogue fails before it reaches the outbox', () => {
  expect(() => checkEventData('order.paid', { orderId: 'short' })).toThrow('order.paid');
  expect(() =>
    checkEventData('product.changed', { ...order.data, productId: order.id, slug: 'a', version: 0 }),
  ).toThrow('product.changed');
});
