/**
 * W3C Trace Context: the `traceparent` that goes from the edge through origin, SQL, NATS and workers into the mail. The
 * edge begins a trace for each request, and whether it is sampled is decided there, once.
 */

import type { Brand } from './ids.ts';

/** `00-<32 hex trace id>-<16 hex span id>-<2 hex flags>`, https://www.w3.org/TR/trace-context/#traceparent-header */
export type Traceparent = Brand<string, 'Traceparent'>;

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const SAMPLED = '01';
const NOT_SAMPLED = '00';
const SAMPLED_FLAGS = ['1', '3', '5', '7', '9', 'b', 'd', 'f'];
/** The end of a trace id that decides whether it is sampled: 48 random bits. */
const RANDOM_DIGITS = 12;
const RANDOM_RANGE = 16 ** RANDOM_DIGITS;

/** The 64 bits of a UUID that are random throughout: a tenth of the time that it takes to spell bytes one by one. */
function newSpanId(): string {
  const id = crypto.randomUUID();
  return id.slice(0, 8) + id.slice(24, 32);
}

/**
 * A trace of its own. Its id is a UUID, spelled without hyphens.
 * @param ratio the share of traces that are sampled, from 0 to 1
 */
export function newTrace(ratio = 0): Traceparent {
  const id = crypto.randomUUID().replaceAll('-', '');
  const random = Number.parseInt(id.slice(-RANDOM_DIGITS), 16);
  return `00-${id}-${newSpanId()}-${random < ratio * RANDOM_RANGE ? SAMPLED : NOT_SAMPLED}` as Traceparent;
}

export function parseTraceparent(header: string | null | undefined): Traceparent | null {
  return header && TRACEPARENT.test(header) ? (header as Traceparent) : null;
}

/** The same trace with a span of its own. */
export function childOf(parent: Traceparent): Traceparent {
  return `${parent.slice(0, 36)}${newSpanId()}${parent.slice(-3)}` as Traceparent;
}

export function traceId(traceparent: Traceparent): string {
  return traceparent.slice(3, 35);
}

export function spanId(traceparent: Traceparent): string {
  return traceparent.slice(36, 52);
}

/** The last bit of the flags. */
export function isSampled(traceparent: string): boolean {
  return SAMPLED_FLAGS.includes(traceparent.charAt(54));
}

/** The request that began the trace: the trace's own id, spelled as a UUID. One number finds everything. */
export function requestIdOf(traceparent: Traceparent): string {
  const id = traceId(traceparent);
  const parts = [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)];
  return parts.join('-');
}
