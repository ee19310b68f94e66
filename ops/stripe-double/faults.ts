/** Faults on request: armed over the control API, taken by the calls that they match, in the order of arming. */

import { type Static, Type } from '@sinclair/typebox';

const MAX_HOLD_MS = 120_000;
const MAX_TIMES = 1_000_000;
const MAX_ARMED = 100;
const DEFAULT_ERROR_STATUS = 500;

const MATCH = {
  method: Type.Optional(Type.Union([Type.Literal('GET'), Type.Literal('POST'), Type.Literal('DELETE')])),
  /** The start of the path; absent, every call matches. */
  path: Type.Optional(Type.String({ maxLength: 200 })),
  times: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_TIMES })),
};
const HOLD = Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_HOLD_MS }));

/**
 * `latency` waits before the call; `error` answers a status, kept under the idempotency key only if `kept`;
 * `timeout_before` and `timeout_after` hold for `ms` and cut the connection, without or with the call's effect.
 */
export const FaultSchema = Type.Union([
  Type.Object(
    { ...MATCH, kind: Type.Literal('latency'), ms: Type.Integer({ minimum: 0, maximum: MAX_HOLD_MS }) },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      ...MATCH,
      kind: Type.Literal('error'),
      status: Type.Optional(Type.Integer({ minimum: 400, maximum: 599 })),
      /** One of Stripe's; the answer is then an `invalid_request_error`. */
      code: Type.Optional(Type.String({ pattern: '^[a-z_]+$', maxLength: 100 })),
      kept: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  Type.Object({ ...MATCH, kind: Type.Literal('timeout_before'), ms: HOLD }, { additionalProperties: false }),
  Type.Object({ ...MATCH, kind: Type.Literal('timeout_after'), ms: HOLD }, { additionalProperties: false }),
]);
export type Fault = Static<typeof FaultSchema>;
export type ErrorFault = Extract<Fault, { kind: 'error' }>;

export function statusOf(fault: ErrorFault): number {
  return fault.status ?? DEFAULT_ERROR_STATUS;
}

interface Armed {
  readonly fault: Fault;
  left: number;
}

export interface Faults {
  /** Returns false when too many are armed already. */
  arm(fault: Fault): boolean;
  clear(): void;
  armed(): readonly { readonly fault: Fault; readonly timesLeft: number }[];
  /** Uses up one time of the first fault that matches. */
  take(method: string, path: string): Fault | null;
}

export function createFaults(): Faults {
  let list: Armed[] = [];
  const matches = ({ fault }: Armed, method: string, path: string) =>
    (fault.method === undefined || fault.method === method) && path.startsWith(fault.path ?? '/');
  return {
    arm: (fault) => {
      if (list.length >= MAX_ARMED) return false;
      list.push({ fault, left: fault.times ?? 1 });
      return true;
    },
    clear: () => {
      list = [];
    },
    armed: () => list.map(({ fault, left }) => ({ fault, timesLeft: left })),
    take: (method, path) => {
      const found = list.find((armed) => matches(armed, method, path));
      if (found === undefined) return null;
      found.left -= 1;
      list = list.filter((armed) => armed.left > 0);
      return found.fault;
    },
  };
}
