import { expect, test } from 'bun:test';
import { clientIp } from '#edge/client-ip.ts';
import { parseTarget } from '#edge/paths.ts';
import { limitKey } from '#lib/limit-key.ts';

test('a plain target is split as it came, encoded bytes in capitals', () => {
  expect(parseTarget('http://shop.test/api/v1/products/%e8%8c%b6?q=a%20b')).toEqual({
    path: '/api/v1/products/%E8%8C%B6',
    query: 'q=a%20b',
  });
  expect(parseTarget('http://shop.test')).toEqual({ path: '/', query: '' });
  expect(parseTarget('http://shop.test/docs/')).toEqual({ path: '/docs/', query: '' });
});

test('a target with more than one reading is refused', () => {
  for (const path of [
    '/a/./b',
    '/a/..',
    '/a//b',
    '/a%2Fb',
    '/a%5cb',
    '/a\\b',
    '/a;b',
    '/a%41',
    '/a%zz',
    '/a%e8',
  ]) {
    expect(parseTarget(`http://shop.test${path}`)).toBeNull();
  }
  expect(parseTarget(`http://shop.test/${'a'.repeat(5_000)}`)).toBeNull();
});

test('the client’s address comes from Cloudflare or not at all', () => {
  const headers = new Headers({ 'cf-connecting-ip': '203.0.113.7', 'x-forwarded-for': '6.6.6.6' });
  expect(clientIp(headers, true)).toBe('203.0.113.7');
  expect(clientIp(headers, false)).toBe('127.0.0.1');
  expect(clientIp(new Headers({ 'cf-connecting-ip': 'no address' }), true)).toBe('127.0.0.1');
});

test('an IPv6 address is counted by its /64, however it is written', () => {
  const key = limitKey('2001:db8:0:1::1');
  expect(limitKey('2001:0DB8:0000:0001:ffff:0:0:1')).toBe(key);
  expect(limitKey('2001:db8:0:2::1')).not.toBe(key);
  expect(limitKey('::1')).toBe('0:0:0:0::/64');
  expect(limitKey('::ffff:203.0.113.7')).toBe('203.0.113.7');
  expect(limitKey('203.0.113.7')).toBe('203.0.113.7');
});
