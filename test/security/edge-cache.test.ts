/**
 * Poisoning and deception: what one client sends must never be in another's answer, and nobody's private answer
 * under a public key. Each probe finds something in a naive cache, and nothing in the edge.
 */

import { describe } from 'bun:test';
import type { RawRequest } from '#test/support/careless.ts';
import { isMarked, type Names, openProbes } from '#test/support/probes.ts';

/** As much as the origin of these tests takes. */
const HEADER_BYTES = 12 * 1024;

const probe = openProbes();

const product = ({ id }: Names): RawRequest => ({ target: `/api/v1/products/${id}` });
const search = ({ id }: Names): RawRequest => ({ target: `/api/v1/search?q=${id}` });

describe('an unkeyed header reaches neither the origin nor another client', () => {
  const headers = [
    'x-forwarded-host',
    'x-forwarded-scheme',
    'x-forwarded-proto',
    'x-forwarded-port',
    'x-forwarded-for',
    'x-forwarded-prefix',
    'x-forwarded-server',
    'forwarded',
    'x-host',
    'x-original-url',
    'x-rewrite-url',
    'x-http-method-override',
    'x-http-method',
    'x-method-override',
    'x-original-host',
    'x-real-ip',
    'true-client-ip',
    'x-request-id',
    'traceparent',
    'tracestate',
    'x-hotshelf-client-ip',
    'x-hotshelf-edge-proof',
    'authorization',
    'cookie',
    'origin',
    'referer',
    'user-agent',
    'accept',
    'accept-language',
    'accept-encoding',
    'content-type',
    'if-match',
    'if-range',
    'if-none-match',
    'x-wap-profile',
    'x-timer',
    'via',
    'max-forwards',
    'x-any-name-at-all',
  ];
  for (const name of headers) {
    const first = (names: Names) => ({ ...product(names), headers: { [name]: names.mark } });
    probe(name, { first, second: product, hasFinding: isMarked });
  }
  probe('Host', {
    first: (names) => ({ ...product(names), headers: { host: `${names.mark}.test` } }),
    second: product,
    hasFinding: isMarked,
  });
  probe('a header of many kilobytes', {
    first: (names) => ({ ...product(names), headers: { 'x-large': names.mark.padEnd(HEADER_BYTES, 'x') } }),
    second: product,
    hasFinding: isMarked,
  });
  probe('a body on GET', {
    first: (names) => ({ ...product(names), body: `q=${names.mark}` }),
    second: product,
    hasFinding: isMarked,
  });
});

describe('a path in disguise does not fill the plain one', () => {
  const disguises: Readonly<Record<string, (names: Names) => string>> = {
    'path parameter': ({ id, mark }) => `/api/v1/products/${id};${mark}`,
    NUL: ({ id, mark }) => `/api/v1/products/${id}%00${mark}`,
    'line feed': ({ id, mark }) => `/api/v1/products/${id}%0a${mark}`,
    'carriage return': ({ id, mark }) => `/api/v1/products/${id}%0d${mark}`,
    'encoded question mark': ({ id, mark }) => `/api/v1/products/${id}%3f${mark}`,
    'encoded hash': ({ id, mark }) => `/api/v1/products/${id}%23${mark}`,
    'encoded dot segments': ({ id, mark }) => `/api/v1/products/${mark}/%2e%2e/${id}`,
    'encoded slashes': ({ id, mark }) => `/api/v1/products/${mark}%2f..%2f${id}`,
    'encoded backslashes': ({ id, mark }) => `/api/v1/products/${mark}%5c..%5c${id}`,
    'encoded path parameter': ({ id, mark }) => `/api/v1/products/${id}%3b${mark}`,
  };
  for (const [what, target] of Object.entries(disguises)) {
    probe(what, { first: (names) => ({ target: target(names) }), second: product, hasFinding: isMarked });
  }
});

describe('a parameter outside the key does not fill the plain query', () => {
  const tricks: Readonly<Record<string, (names: Names) => string>> = {
    'a tracking parameter': ({ id, mark }) => `q=${id}&utm_content=${mark}`,
    'an unknown parameter': ({ id, mark }) => `q=${id}&callback=${mark}`,
    'the same parameter twice': ({ id, mark }) => `q=${id}&q=${mark}`,
    'a parameter cloaked by a semicolon': ({ id, mark }) => `utm_source=x;q=${id}&utm_content=${mark}`,
    'a parameter behind a semicolon': ({ id, mark }) => `q=${id};callback=${mark}`,
    'another case of its name': ({ id, mark }) => `Q=${id}&callback=${mark}`,
    'an encoded name': ({ id, mark }) => `%71=${id}&callback=${mark}`,
    'an array parameter': ({ id, mark }) => `q[]=${id}&callback=${mark}`,
    'an encoded ampersand': ({ id, mark }) => `q=${id}%26callback=${mark}`,
    'an encoded NUL': ({ id, mark }) => `q=${id}%00${mark}`,
  };
  for (const [what, query] of Object.entries(tricks)) {
    probe(what, {
      first: (names) => ({ target: `/api/v1/search?${query(names)}` }),
      second: search,
      hasFinding: isMarked,
      isForwardingFine: true,
    });
  }
});

describe('a private answer is not left behind for others', () => {
  const lures: readonly string[] = [
    '/api/v1/me/ID.css',
    '/api/v1/me/ID.js',
    '/api/v1/me/ID/avatar.png',
    '/api/v1/me.ID.css',
    '/api/v1/me%2fID.css',
    '/api/v1/me;ID.css',
    '/api/v1/me%3fID.css',
    '/api/v1/me%23ID.css',
    '/api/v1/me%0aID.css',
    '/api/v1/me%00ID.css',
    '/api/v1/me?ID=.css',
    '/api/v1/me?q=ID',
    '/api/v1/ME/ID',
    '/API/v1/me/ID',
    '//api/v1/me/ID',
    '/api/v1//me/ID',
    '/api/v1/%6de/ID',
    '/api/v1/orders/ID/',
    '/api/v1/orders/ID.json',
    '/api/v1/products/..%2fme%2fID',
    '/api/v1/products/%2e%2e/me/ID',
    '/api/v1/products/../me/ID',
    '/api/v1/products/ID/../../me',
    '/api/v1/products\\..\\me\\ID',
    '/api/v1/products/ID/reviews',
    '/media/../api/v1/me/ID',
    '/media/..%2fapi%2fv1%2fme/ID',
    '/media/%252e%252e/api/v1/me/ID',
    '/docs/../api/v1/me/ID',
    'http://shop.test/api/v1/me/ID',
  ];
  for (const lure of lures) {
    const target = ({ id }: Names) => lure.replace('ID', id);
    probe(lure, {
      first: (names) => ({
        target: target(names),
        headers: { authorization: `Bearer ${names.mark}`, cookie: `session=${names.mark}` },
      }),
      second: (names) => ({ target: target(names) }),
      hasFinding: isMarked,
      isForwardingFine: true,
    });
  }
});

describe('an answer that is one client’s alone is not given to the next', () => {
  const kinds: readonly string[] = [
    'set-cookie',
    'private',
    'private-field',
    'no-store',
    'no-cache',
    'no-lifetime',
    'cdn-private',
    'vary-star',
    'html',
    'script',
    'untyped',
    'redirect',
    'moved',
    'forbidden',
    'failure',
    'bad-request',
    'html-not-found',
    'odd-tag',
  ];
  const nonce = (text: string) => /"nonce":"([^"]+)"/.exec(text)?.[1];
  for (const kind of kinds) {
    const plain = ({ id }: Names) => ({ target: `/api/v1/products/answers-${kind}-probe-${id}` });
    probe(kind, {
      first: plain,
      second: plain,
      hasFinding: (_names, first, second) => nonce(first) !== undefined && nonce(first) === nonce(second),
    });
  }

  probe('a part of an answer', {
    first: (names) => ({ ...product(names), headers: { range: 'bytes=0-3' } }),
    second: product,
    hasFinding: (_names, _first, second) => !second.startsWith('HTTP/1.1 200'),
  });
  probe('the answer to HEAD', {
    first: (names) => ({ ...product(names), method: 'HEAD' }),
    second: product,
    hasFinding: (_names, _first, second) => nonce(second) === undefined,
  });
  probe('the answer to another method', {
    first: (names) => ({ ...product(names), method: 'POST', body: names.mark }),
    second: product,
    hasFinding: isMarked,
    isForwardingFine: true,
  });
});
