/** The faults that a test may ask of the mail catcher: how the next messages fail before one is kept again. */

import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const MAX_FAULT_TIMES = 1_000;

const FaultRequest = Type.Object(
  {
    /** `reject` answers 550 and `tempfail` 451 to the message; `hang` never answers. */
    kind: Type.Union([Type.Literal('reject'), Type.Literal('tempfail'), Type.Literal('hang')]),
    /** How many messages fail this way; 0 ends the fault. */
    times: Type.Integer({ minimum: 0, maximum: MAX_FAULT_TIMES }),
  },
  { additionalProperties: false },
);

export type FaultRequest = Static<typeof FaultRequest>;

export interface Faults {
  /** Replaces what was asked for before. */
  set(request: FaultRequest): void;
  /** How the message at hand is to fail, counted down; null when it is to be kept. */
  take(): FaultRequest['kind'] | null;
}

export function createFaults(): Faults {
  let current: FaultRequest = { kind: 'reject', times: 0 };
  return {
    set: (request) => {
      current = request;
    },
    take: () => {
      if (current.times === 0) return null;
      current = { kind: current.kind, times: current.times - 1 };
      return current.kind;
    },
  };
}

/** Null when the value is no fault that can be injected. */
export function parseFaultRequest(value: unknown): FaultRequest | null {
  return Value.Check(FaultRequest, value) ? value : null;
}
