/** Trace context: valid parents go on, anything else starts afresh. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { continueTrace, newTrace, parseTraceparent, traceId } from '#lib/trace.ts';

const HEADER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
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

test('a new trace is valid, sampled, and like no other', () => {
  const traces = Array.from({ length: 100 }, newTrace);
  for (const trace of traces) {
    expect(parseTraceparent(trace)).toBe(trace);
    expect(trace).toEndWith('-01');
  }
  expect(new Set(traces.map(traceId)).size).toBe(100);
});

test('a valid parent is continued: the same trace and flags, another span', () => {
  for (const parent of [HEADER, HEADER.replace(/01$/, '00')]) {
    const child = continueTrace(parent);
    expect(parseTraceparent(child)).toBe(child);
    expect(traceId(child)).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(child.slice(36, 52)).not.toBe('b7ad6b7169203331');
    expect(child.slice(-2)).toBe(parent.slice(-2));
  }
});

test.each(MALFORMED)('%p is no parent: it starts a trace of its own', (header) => {
  expect(parseTraceparent(header)).toBeNull();
  const started = continueTrace(header);
  expect(parseTraceparent(started)).toBe(started);
  expect(traceId(started)).not.toBe('0af7651916cd43dd8448eb211c80319c');
});

test('no text whatever goes on as a traceparent unless it is one', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(continueTrace(text)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
    }),
  );
});
