/** Which failures send a read to another server. */

import { expect, test } from 'bun:test';
import postgres from 'postgres';
import { isConnectionFailure, isServersOwnFailure } from '#db/failures.ts';

const byState = (code: string) =>
  new Error('Failed query', {
    cause: Object.assign(Object.create(postgres.PostgresError.prototype), { code }),
  });
const byCode = (code: string) =>
  new Error('Failed query', { cause: Object.assign(new Error(code), { code }) });

test.each(['57P01', '57P02', '57P03', '08006', '08P01'])('%s: the server is gone', (state) => {
  expect(isConnectionFailure(byState(state))).toBe(true);
});

test.each(['ECONNREFUSED', 'ECONNRESET', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT'])(
  '%s: the server is gone',
  (code) => {
    expect(isConnectionFailure(byCode(code))).toBe(true);
  },
);

test.each(['40001', '53300', '58030', 'XX001'])('%s: another server may answer, this one stays', (state) => {
  expect([isConnectionFailure(byState(state)), isServersOwnFailure(byState(state))]).toEqual([false, true]);
});

test.each(['57014', '25006', '42P01', '22P02'])('%s: no server would answer', (state) => {
  expect(isServersOwnFailure(byState(state))).toBe(false);
});
