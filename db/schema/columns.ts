/** Column kinds that every feature's schema shares, so that money, times and brands are spelled one way. */

import { bigint, char, customType, timestamp } from 'drizzle-orm/pg-core';
import type { Currency, Minor } from '#lib/money.ts';

/** Money in minor units. Postgres holds 64 bits; reading a value past 2^53 is a bug and throws. */
export const minorUnits = customType<{ data: Minor; driverData: string | number }>({
  dataType: () => 'bigint',
  fromDriver: (value) => safeInteger(value) as Minor,
  toDriver: (value) => value,
});

/** A count or version that may outgrow 32 bits but never 2^53. */
export const counter = customType<{ data: number; driverData: string | number }>({
  dataType: () => 'bigint',
  fromDriver: (value) => safeInteger(value),
  toDriver: (value) => value,
});

export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  fromDriver: (value) => new Uint8Array(value),
});

/** A transaction's full number, as text: it has 64 bits and never comes round again. */
export const transactionId = customType<{ data: string }>({ dataType: () => 'xid8' });

export const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

export const currencyCode = (name: string) => char(name, { length: 3 }).$type<Currency>();

/** UTC, RFC 3339 at the border. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });

export const sequence = (name: string) => bigint(name, { mode: 'number' }).generatedAlwaysAsIdentity();

function safeInteger(value: string | number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is past what a number can hold`);
  return number;
}
