/** Which addresses are the Internet's: held against IANA's registries, and all around their edges. */

import { describe, expect, test } from 'bun:test';
import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { isPublicAddress } from '#origin/adapters/outbound.ts';

/** Written down anew from IANA's registries of special purposes, as first and last address. */
const NOT_PUBLIC_V4 = [
  ...['0.0.0.0-0.255.255.255', '10.0.0.0-10.255.255.255', '100.64.0.0-100.127.255.255'],
  ...['127.0.0.0-127.255.255.255', '169.254.0.0-169.254.255.255', '172.16.0.0-172.31.255.255'],
  ...['192.0.0.0-192.0.0.255', '192.0.2.0-192.0.2.255', '192.31.196.0-192.31.196.255'],
  ...['192.52.193.0-192.52.193.255', '192.88.99.0-192.88.99.255', '192.168.0.0-192.168.255.255'],
  ...['192.175.48.0-192.175.48.255', '198.18.0.0-198.19.255.255', '198.51.100.0-198.51.100.255'],
  ...['203.0.113.0-203.0.113.255', '224.0.0.0-255.255.255.255', '168.63.129.16-168.63.129.16'],
].map((range) => range.split('-').map(numberOf));

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

const textOf = (number: number) => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');

/** Anywhere, and right at the edges of what is special. */
const v4 = fc.oneof(
  fc.nat(0xffffffff),
  fc
    .tuple(fc.constantFrom(...NOT_PUBLIC_V4.flat()), fc.integer({ min: -2, max: 2 }))
    .map(([edge, by]) => Math.min(0xffffffff, Math.max(0, edge + by))),
);
const hextets = (count: number) =>
  fc
    .array(fc.nat(0xffff), { minLength: count, maxLength: count })
    .map((parts) => parts.map((part) => part.toString(16)).join(':'));

describe('an address', () => {
  test('of IPv4 is public where no registry says otherwise', () => {
    fc.assert(
      fc.property(v4, (number) => {
        const isSpecial = NOT_PUBLIC_V4.some(([first = 0, last = 0]) => number >= first && number <= last);
        expect(isPublicAddress(textOf(number)), textOf(number)).toBe(!isSpecial);
      }),
      { numRuns: 20_000 },
    );
  });

  test('of IPv6 that carries one of IPv4 is not, whichever it carries', () => {
    const carriers = ['::ffff:', '::', '::ffff:0:', '64:ff9b::', '64:ff9b:1::'];
    fc.assert(
      fc.property(fc.constantFrom(...carriers), v4, (carrier, number) => {
        expect(isPublicAddress(`${carrier}${textOf(number)}`)).toBeFalse();
      }),
      { numRuns: 5_000 },
    );
    fc.assert(
      fc.property(v4, hextets(5), (number, rest) => {
        const inside = `${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`;
        expect(isPublicAddress(`2002:${inside}:${rest}`)).toBeFalse();
      }),
    );
  });

  test('of IPv6 is public in 2000::/3 alone, and not where that is special', () => {
    const special = fc.constantFrom('2001:0', '2001:db8', '2002:1', '3fff:1', '2001:2', '2001:10', '2001:20');
    fc.assert(
      fc.property(fc.nat(0xffff), hextets(7), (first, rest) => {
        if (first >> 13 !== 1) expect(isPublicAddress(`${first.toString(16)}:${rest}`)).toBeFalse();
      }),
      { numRuns: 5_000 },
    );
    fc.assert(
      fc.property(special, hextets(6), (prefix, rest) => {
        expect(isPublicAddress(`${prefix}:${rest}`)).toBeFalse();
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom('2606:4700', '2a00:1450', '2400:cb00'), hextets(6), (prefix, rest) => {
        expect(isPublicAddress(`${prefix}:${rest}`)).toBeTrue();
      }),
    );
  });

  test('that is none is not public', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (!isIPv4(text) && !text.includes(':')) expect(isPublicAddress(text)).toBeFalse();
      }),
    );
    for (const text of ['2130706433', '0x7f.1', '127.1', '8.8.8', 'fe80::1%eth0', ' 8.8.8.8']) {
      expect(isPublicAddress(text), text).toBeFalse();
    }
  });
});
