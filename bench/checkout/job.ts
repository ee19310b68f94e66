/** What the shoppers' program is told to do, and what it tells afterwards. */

import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const Count = Type.Integer({ minimum: 0 });

/** `closed`: so many at once, each as fast as it can. `open`: so many a second, whatever becomes of them. */
const Pace = Type.Union([
  Type.Object({ kind: Type.Literal('closed'), shoppers: Count, forMs: Type.Number() }),
  Type.Object({ kind: Type.Literal('open'), perSecond: Type.Number(), forMs: Type.Number() }),
  /** Each of so many wants one, and so many are at it at once. */
  Type.Object({ kind: Type.Literal('sale'), shoppers: Count, atOnce: Count }),
]);

export const Job = Type.Object({
  originUrl: Type.String(),
  edgeSecret: Type.String(),
  variantIds: Type.Array(Type.String(), { minItems: 1 }),
  pace: Pace,
});
export type Job = Static<typeof Job>;
export type Pace = Static<typeof Pace>;

const Report = Type.Object({
  /** What became of the shoppers: `paid`, or the code of the problem that stopped them. */
  endings: Type.Record(Type.String(), Count),
  seconds: Type.Number(),
  /** Of the checkout calls that ended paid, in milliseconds. */
  checkoutMs: Type.Array(Type.Number()),
  /** The longest that any call took, in milliseconds. */
  slowestMs: Type.Number(),
  /** Processor seconds of the program itself. */
  cpuSeconds: Type.Number(),
});
export type JobReport = Static<typeof Report>;

/** @throws {Error} when the text is something else. */
export const readJob = (text: string): Job => Value.Decode(Job, JSON.parse(text));
export const readJobReport = (text: string): JobReport => Value.Decode(Report, JSON.parse(text));
