/** W3C Trace Context: the `traceparent` that goes from the edge through origin and NATS into workers. */

import type { Brand } from './ids.ts';

/** `00-<32 hex trace id>-<16 hex span id>-<2 hex flags>`, https://www.w3.org/TR/trace-context/#traceparent-header */
export type Traceparent = Brand<string, 'Traceparent'>;

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const SAMPLED = '01';

function randomHex(bytes: number): string {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(values, (value) => value.toString(16).padStart(2, '0')).join('');
}

export function newTrace(): Traceparent {
  return `00-${randomHex(16)}-${randomHex(8)}-${SAMPLED}` as Traceparent;
}

export function parseTraceparent(header: string | null | undefined): Traceparent | null {
  return header && TRACEPARENT.test(header) ? (header as Traceparent) : null;
}

/** The same trace with a new span: what a process sends on. An absent or malformed parent starts a trace. */
export function continueTrace(header: string | null | undefined): Traceparent {
  const parent = parseTraceparent(header);
  if (parent === null) return newTrace();
  return `${parent.slice(0, 36)}${randomHex(8)}${parent.slice(-3)}` as Traceparent;
}

export function traceId(traceparent: Traceparent): string {
  return traceparent.slice(3, 35);
}
