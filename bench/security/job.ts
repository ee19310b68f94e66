/** What the program of those who log in is told to do, and what it tells afterwards. */

import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const Count = Type.Integer({ minimum: 0 });

export const LogInJob = Type.Object({
  originUrl: Type.String(),
  edgeSecret: Type.String(),
  /** A client for each; all have the same password. */
  emails: Type.Array(Type.String(), { minItems: 1 }),
  password: Type.String(),
  forMs: Type.Number(),
});
export type LogInJob = Static<typeof LogInJob>;

export const LogInReport = Type.Object({
  /** How many answers of each status. */
  statuses: Type.Record(Type.String(), Count),
  seconds: Type.Number(),
});
export type LogInReport = Static<typeof LogInReport>;

/** @throws {Error} when the text is something else. */
export const readLogInJob = (text: string): LogInJob => Value.Decode(LogInJob, JSON.parse(text));
export const readLogInReport = (text: string): LogInReport => Value.Decode(LogInReport, JSON.parse(text));
