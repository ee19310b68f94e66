/** The logger: one line a call, no secret in it, and no call that throws. */

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { createLogger, type LogFields, type LogLevel, maskedReason } from '#lib/log.ts';

interface Line {
  readonly [name: string]: unknown;
}

function recorder(level: LogLevel = 'debug') {
  const lines: string[] = [];
  const clock = { now: () => new Date('2026-01-02T03:04:05.678Z') };
  return { lines, log: createLogger({ level, write: (line) => lines.push(line), clock }) };
}

function logged(fields: LogFields, message = 'm'): string {
  const { lines, log } = recorder();
  log.info(message, fields);
  return lines[0] ?? '';
}

const parsed = (fields: LogFields): Line => JSON.parse(logged(fields)) as Line;

test('a line is one JSON object with time, level, message and the fields, bound ones first', () => {
  const { lines, log } = recorder();
  log.with({ service: 'origin', part: 'a' }).warn('slow\nquery', { part: 'b', ms: 12 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('\n');
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    time: '2026-01-02T03:04:05.678Z',
    level: 'warn',
    message: 'slow\nquery',
    service: 'origin',
    part: 'b',
    ms: 12,
  });
});

test('fields cannot pass for the time, the level or the message', () => {
  expect(parsed({ time: 'never', level: 'debug', message: 'forged' })).toEqual({
    time: '2026-01-02T03:04:05.678Z',
    level: 'info',
    message: 'm',
  });
});

test('lines below the level are not written', () => {
  const { lines, log } = recorder('warn');
  log.debug('a');
  log.info('b');
  log.warn('c');
  log.error('d');
  expect(lines.map((line) => (JSON.parse(line) as Line)['message'])).toEqual(['c', 'd']);
});

describe('no secret reaches a line, wherever it stands', () => {
  const secrets: readonly (readonly [what: string, secret: string])[] = [
    ['an email address', 'ada.lovelace+shop@mail.example.co.uk'],
    ['an email address beyond ASCII', 'jörg@exämple.de'],
    ['a card number', '4242424242424242'],
    ['a card number with spaces', '4242 4242 4242 4242'],
    ['a card number with dashes', '4242-4242-4242-4242'],
    ['an American Express number', '378282246310005'],
    ['a bearer token', 'Bearer abc.DEF-123_~+/='],
    ['a JWT', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
    ['a Stripe secret key', 'sk_test_51Habcdefghijklmnop'],
    ['a Stripe restricted key', 'rk_live_51Habcdefghijklmnop'],
    ['a webhook secret', 'whsec_abcdefghijklmnop'],
    ['a client secret', 'pi_3Mabcdef_secret_ghijklmno'],
  ];
  test.each(secrets)('%s', (_what, secret) => {
    const places: readonly (readonly [LogFields, string?])[] = [
      [{}, `before ${secret} after`],
      [{ note: secret }],
      [{ note: `(${secret}),` }],
      [{ deep: { list: ['x', { note: `it was "${secret}"` }] } }],
      [{ error: new Error(`failed for ${secret}`) }],
      [{ error: new Error('outer', { cause: new Error('inner', { cause: `for ${secret}` }) }) }],
      [{ error: new AggregateError([new Error(secret)], 'all failed') }],
      [{ [`of ${secret}`]: 1 }],
      [{ text: { toJSON: () => secret } }],
    ];
    for (const [fields, message] of places) {
      const line = logged(fields, message);
      expect(line).not.toContain(secret);
      expect(line).toContain('[masked]');
    }
  });

  test('a card number that is a number', () => {
    expect(parsed({ pan: 4242424242424242, ms: 1_767_322_245_678 })).toMatchObject({
      pan: '[masked]',
      ms: 1_767_322_245_678,
    });
  });

  test('the password in an address', () => {
    for (const host of ['localhost', '127.0.0.1:5432', 'db.example.com']) {
      expect(logged({ url: new URL(`postgres://shop:hunter2@${host}/shop`) })).not.toContain('hunter2');
    }
  });

  test.each([
    'password',
    'newPassword',
    'passwd_hash_password',
    'secret',
    'accessToken',
    'refresh_token',
    'Authorization',
    'set-cookie',
    'email',
    'cardNumber',
    'apiKey',
  ])('the value of a field called %s, at any depth', (name) => {
    expect(logged({ [name]: 'hunter2' })).not.toContain('hunter2');
    expect(logged({ request: { headers: [{ [name]: ['hunter2'] }] } })).not.toContain('hunter2');
    expect(logged({ [name]: { nested: 'hunter2' } })).not.toContain('hunter2');
  });

  test('headers are read with their names', () => {
    const headers = new Headers({ authorization: 'Basic aHVudGVyMg==', accept: 'text/html' });
    expect(parsed({ headers })['headers']).toEqual({ authorization: '[masked]', accept: 'text/html' });
  });
});

test('what is no secret stays readable', () => {
  const fields = {
    orderId: '01990000-0000-7000-8000-000000000002',
    at: '2026-01-02T03:04:05.678Z',
    trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    amount: 129_900,
    ok: true,
    nothing: null,
  };
  expect(parsed(fields)).toMatchObject(fields);
});

test('an error keeps its name, message, code, trace and causes', () => {
  const cause = Object.assign(new RangeError('inner'), { code: '23505', parameters: ['private'] });
  const line = parsed({ error: new Error('outer', { cause }) });
  expect(line['error']).toMatchObject({
    name: 'Error',
    message: 'outer',
    stack: expect.stringContaining('log.test.ts'),
    cause: { name: 'RangeError', message: 'inner', code: '23505' },
  });
  expect(JSON.stringify(line)).not.toContain('private');
});

describe('the logger never throws and never writes without end', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const ownCause = new Error('ouroboros');
  ownCause.cause = ownCause;
  const refusing = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('no');
      },
    },
  );
  const odd: readonly (readonly [what: string, value: unknown])[] = [
    ['a circle', circle],
    ['an error that causes itself', ownCause],
    ['an invalid date', new Date(Number.NaN)],
    [
      'a getter that throws',
      {
        get a(): string {
          throw new Error('no');
        },
      },
    ],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
    ],
    [
      'a toJSON without end',
      {
        toJSON() {
          return { again: this };
        },
      },
    ],
    ['a proxy that refuses', refusing],
    ['an error with a strange message', Object.assign(new Error('x'), { message: { a: 1 }, stack: 42 })],
    ['a symbol', Symbol('s')],
    ['a function', () => 1],
    ['a bigint', 10n ** 30n],
    ['NaN', Number.NaN],
    ['a map', new Map([['a', 1]])],
    ['bytes', new Uint8Array(100_000)],
    ['a wide tree', Array.from({ length: 200 }, () => Array.from({ length: 200 }, () => ({ a: [1] })))],
    ['a long text', 'a'.repeat(1_000_000)],
    ['a long text of dots and dashes', 'eyJ-.'.repeat(200_000)],
  ];
  test.each(odd)('%s', (_what, value) => {
    const line = logged({ value });
    expect(JSON.parse(line)).toMatchObject({ message: 'm' });
    expect(line.length).toBeLessThan(64 * 1024);
  });

  test('a long message is cut', () => {
    expect(logged({}, 'word '.repeat(100_000)).length).toBeLessThan(16 * 1024);
  });

  test('anything whatever', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withDate: true })), (fields) => {
        expect(JSON.parse(logged(fields))).toMatchObject({ level: 'info', message: 'm' });
      }),
    );
  });
});

test.each([
  [new Error('550 5.1.1 <jane@example.com>: no such user'), 'Error: 550 5.1.1 <[masked]>: no such user'],
  [new Error('Failed query: select $1\nparams: Jane Doe'), 'Error: Failed query: select $1'],
  ['to jane@example.com', 'to [masked]'],
])('a reason that is kept for people names none: %#', (error, reason) => {
  expect(maskedReason(error)).toBe(reason);
});
