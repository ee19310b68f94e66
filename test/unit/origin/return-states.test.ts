/** The life of a return: one table, complete, and nothing beside it. */

import { expect, test } from 'bun:test';
import { returnStatus } from '#db/schema/returns.ts';
import { nextReturnStatus, RETURN_STEPS, RETURN_TABLE } from '#origin/returns/states.ts';

test('every status of the database has its row; a step leads where the table says, or is refused', () => {
  expect(Object.keys(RETURN_TABLE).toSorted()).toEqual([...returnStatus.enumValues].toSorted());
  for (const status of returnStatus.enumValues) {
    for (const step of RETURN_STEPS) {
      const next = RETURN_TABLE[status][step];
      if (next === undefined) {
        expect(() => nextReturnStatus(status, step)).toThrow(
          expect.objectContaining({ code: 'return_step_refused' }),
        );
      } else expect(nextReturnStatus(status, step)).toBe(next);
    }
  }
});

test('money goes back for what has been received alone, and what is received is not rejected any more', () => {
  const refundable = returnStatus.enumValues.filter((status) => RETURN_TABLE[status].refund === 'refunded');
  expect(refundable).toEqual(['received', 'refunded']);
  expect(RETURN_TABLE.received.reject).toBeUndefined();
});
