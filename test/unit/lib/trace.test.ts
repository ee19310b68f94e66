/** Trace context: what is a parent, what is sampled, and one number under two spellings. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { isUuid } from '#lib/ids.ts';
import {
  childOf,
  isSampled,
  newTrace,
  parseTraceparent,
  requestIdOf,
  spanId,
  type Traceparent,
  traceId,
} from '#lib/trace.ts';

const HEADER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' as Traceparent;
const MALFORMED: readonly (string | null | undefined)[] = [
  null,
  undefined,
  '',
  HEADER.toUpperCase(),
  ` ${HEADER}`,
  `${HEADER}\n`,
  `${HEADER}-extra`,
  HEADER.replace('00-', '01-'),
  HEADER.replace('00-', 'ff-'),
  `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
];

const many = (ratio: number) => Array.from({ length: 4_000 }, () => newTrace(ratio));

test('a new trace is valid, like no other, and not sampled unless asked for', () => {
  const traces = many(0);
  for (const trace of traces) expect(parseTraceparent(trace)).toBe(trace);
  expect(new Set(traces.map(traceId)).size).toBe(traces.length);
  expect(traces.filter(isSampled)).toEqual([]);
});

test('of new traces the share is sampled that was asked for, and all of them for all', () => {
  const share = many(0.25).filter(isSampled).length / 4_000;
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.3);
  expect(many(1).every(isSampled)).toBe(true);
});

test('the flag is the last bit of two digits, whatever the others mean', () => {
  for (let flags = 0; flags < 256; flags += 1) {
    const header = `${HEADER.slice(0, -2)}${flags.toString(16).padStart(2, '0')}`;
    expect(isSampled(header)).toBe(flags % 2 === 1);
  }
});

test('a child has the same trace and flags, and a span of its own', () => {
  for (const parent of [HEADER, HEADER.replace(/01$/, '00') as Traceparent]) {
    const child = childOf(parent);
    expect(parseTraceparent(child)).toBe(child);
    expect(traceId(child)).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(spanId(child)).not.toBe('b7ad6b7169203331');
    expect(child.slice(-2)).toBe(parent.slice(-2));
  }
});

test('the request id is the trace id, spelled as a UUID', () => {
  const trace = newTrace();
  expect(isUuid(requestIdOf(trace))).toBe(true);
  expect(requestIdOf(trace).replaceAll('-', '')).toBe(traceId(trace));
});

test.each(MALFORMED)('%p is no parent', (header) => {
  expect(parseTraceparent(header)).toBeNull();
});

test('no text whatever is taken for a traceparent unless it is one', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseTraceparent(text);
      if (parsed !== null) expect(parsed).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
    }),
  );
});
