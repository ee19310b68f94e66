/** Requests to URLs that others have chosen reach the Internet, and nothing that is ours. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createOutbound, type Resolve } from '#origin/adapters/outbound.ts';
import { type Authority, type Certificate, createAuthority } from '#test/support/certificates.ts';
import { eventually } from '#test/support/eventually.ts';

const NAME = 'hooks.merchant.dev';
const LOCAL = '127.0.0.1';
const CHUNK_BYTES = 65_536;
/** What is on its way before anybody can say that it is enough. */
const MUCH_BYTES = 1_000 * CHUNK_BYTES;

let authority: Authority;
let server: ReturnType<typeof serve>;
beforeAll(async () => {
  authority = await createAuthority();
  const of = async (name: string) => tlsOf(name, await authority.issue(name, `DNS:${name}`));
  server = serve(await Promise.all([of('another.merchant.dev'), of(NAME)]));
});
afterAll(async () => {
  await server.stop();
  await authority.close();
});

async function tlsOf(serverName: string, { certFile, keyFile }: Certificate) {
  return { serverName, cert: await Bun.file(certFile).text(), key: await Bun.file(keyFile).text() };
}

/** Which certificate it shows is decided by the name that the client asks for. */
function serve(tls: Awaited<ReturnType<typeof tlsOf>>[]) {
  const asked: { readonly host: string | null; readonly body: string }[] = [];
  let endlessEnded = false;
  let endlessBytes = 0;
  const bun = Bun.serve({
    ...{ port: 0, hostname: LOCAL, tls, idleTimeout: 30 },
    fetch: async (request) => {
      asked.push({ host: request.headers.get('host'), body: await request.text() });
      const { pathname } = new URL(request.url);
      if (pathname === '/away') return new Response(null, { status: 302, headers: { location: '/' } });
      if (pathname === '/never') return Promise.withResolvers<Response>().promise;
      if (pathname !== '/endless') return new Response('taken');
      const pull = (controller: ReadableStreamDefaultController) => {
        endlessBytes += CHUNK_BYTES;
        controller.enqueue(new Uint8Array(CHUNK_BYTES));
      };
      return new Response(
        new ReadableStream({
          pull,
          cancel: () => {
            endlessEnded = true;
          },
        }),
      );
    },
  });
  const at = (name: string, path = '/') => `https://${name}:${bun.port}${path}`;
  return { asked, at, endlessEnded: () => endlessEnded && endlessBytes, stop: () => bun.stop(true) };
}

interface Posting {
  readonly targets?: 'public' | 'any';
  readonly resolve?: Resolve;
  readonly ms?: number;
}

async function post(
  url: string,
  { targets = 'any', resolve = async () => [LOCAL], ms = 5_000 }: Posting = {},
) {
  const ca = await Bun.file(authority.caFile).text();
  const signal = AbortSignal.timeout(ms);
  const call = { url, headers: { 'x-own': 'yes' }, body: 'a body', maxAnswerBytes: 100, signal };
  return createOutbound({ targets, resolve, ca }).post(call);
}

describe('the connection', () => {
  test('goes to the address that was looked up, once, and is for the name', async () => {
    const names: string[] = [];
    const { status, start } = await post(server.at(NAME), {
      resolve: async (name) => {
        names.push(name);
        return [LOCAL];
      },
    });
    expect([status, new TextDecoder().decode(start)]).toEqual([200, 'taken']);
    expect(names).toEqual([NAME]);
    expect(server.asked.at(-1)).toEqual({ host: new URL(server.at(NAME)).host, body: 'a body' });
  });

  test('is to nobody whose certificate is another name’s', async () => {
    const asked = server.asked.length;
    const failure = post(server.at('third.merchant.dev')).catch((error: unknown) => error);
    expect(await failure).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(server.asked).toHaveLength(asked);
  });

  test('follows no redirect', async () => {
    const asked = server.asked.length;
    expect((await post(server.at(NAME, '/away'))).status).toBe(302);
    expect(server.asked).toHaveLength(asked + 1);
  });

  test('reads the beginning of an answer that never ends, and closes', async () => {
    expect((await post(server.at(NAME, '/endless'))).start).toHaveLength(100);
    expect(await eventually('the server hears of it', server.endlessEnded)).toBeLessThan(MUCH_BYTES);
  });

  test.each([
    ['no answer', '/never', async () => [LOCAL]],
    ['no look-up', '/', () => Promise.withResolvers<string[]>().promise],
  ] as const)('with %s ends with its time', async (_what, path, resolve) => {
    const begun = performance.now();
    const failure = await post(server.at(NAME, path), { resolve, ms: 200 }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - begun).toBeLessThan(4_000);
  });
});

describe('a name that turns inwards', () => {
  const PUBLIC = '93.184.216.34';
  const INWARDS = [
    '127.0.0.1',
    '10.0.0.7',
    '169.254.169.254',
    '::1',
    '::ffff:10.0.0.7',
    'fd00::7',
    '100.64.0.1',
  ];

  test.each(INWARDS)('as %s is refused, also beside a public address', async (address) => {
    for (const addresses of [[address], [PUBLIC, address], [address, PUBLIC]]) {
      const failure = post(`https://${NAME}/`, { targets: 'public', resolve: async () => addresses });
      expect(await failure.catch((error: unknown) => error)).toMatchObject({ name: 'AddressForbidden' });
    }
  });

  /** Looks a name up, and has the call given up before it connects: nobody outside hears of a test. */
  function lookUps(...answers: string[][]) {
    const asked: string[] = [];
    const call = async () => {
      const ending = new AbortController();
      const resolve = async (name: string) => {
        asked.push(name);
        ending.abort(new Error('as far as the connection'));
        return answers.shift() ?? [];
      };
      const at = { url: `https://${NAME}/`, headers: {}, body: '', maxAnswerBytes: 1, signal: ending.signal };
      return createOutbound({ targets: 'public', resolve })
        .post(at)
        .catch((error: unknown) => error);
    };
    return { asked, call };
  }

  test('after the check has no second look-up to do it in', async () => {
    const { asked, call } = lookUps([PUBLIC], [LOCAL], [LOCAL]);
    expect(await call()).not.toMatchObject({ name: 'AddressForbidden' });
    expect(asked).toEqual([NAME]);
  });

  test('is looked at again for each request', async () => {
    const { call } = lookUps([PUBLIC], [LOCAL]);
    expect(await call()).not.toMatchObject({ name: 'AddressForbidden' });
    expect(await call()).toMatchObject({ name: 'AddressForbidden' });
  });

  test('or stands for nothing is not found', async () => {
    for (const resolve of [async () => [], () => Promise.reject(new Error('ENOTFOUND'))]) {
      const failure = await post(`https://${NAME}/`, { targets: 'public', resolve }).catch(
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ name: 'NameNotFound' });
    }
  });
});

describe('a URL', () => {
  const publicly = createOutbound({ targets: 'public' });

  test.each([
    ...['http://hooks.merchant.dev/', 'ftp://hooks.merchant.dev/', 'hooks.merchant.dev', '', 'https://'],
    ...['https://user:secret@hooks.merchant.dev/', 'https://user@hooks.merchant.dev/'],
    ...[
      'https://hooks.merchant.dev:22/',
      'https://hooks.merchant.dev:80/',
      'https://hooks.merchant.dev:5432/',
    ],
    ...['https://hooks.merchant.dev/#here', 'https://hooks.merchant.dev#'],
    ...[
      'https://localhost/',
      'https://shop.localhost/',
      'https://LOCALHOST/',
      'https://db/',
      'https://db.internal/',
    ],
    ...[
      'https://printer.local/',
      'https://nas.home.arpa/',
      'https://hooks.merchant.dev./',
      'https://localhost./',
    ],
    ...[
      'https://127.0.0.1/',
      'https://127.1/',
      'https://2130706433/',
      'https://0x7f000001/',
      'https://0177.0.0.1/',
    ],
    ...['https://0x7f.1/', 'https://0/', 'https://①②⑦.0.0.1/', 'https://127。0。0。1/', 'https://8.8.8.8/'],
    ...['https://[::1]/', 'https://[::ffff:127.0.0.1]/', 'https://[::ffff:7f00:1]/', 'https://[fd00::1]/'],
    ...['https://[2606:4700::1]/', 'https://[fe80::1]/', 'http://[::ffff:127.0.0.1]/'],
    `https://hooks.merchant.dev/${'a'.repeat(2_048)}`,
  ])('%s is none to send to', async (url) => {
    expect(publicly.faultOf(url)).not.toBeNull();
    const call = { url, headers: {}, body: '', maxAnswerBytes: 1, signal: AbortSignal.timeout(1_000) };
    const failure = await publicly.post(call).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'AddressForbidden' });
  });

  test.each([
    'https://hooks.merchant.dev/',
    'https://HOOKS.merchant.dev:443/a?b=c',
    'https://a-b.xn--bcher-kva.de:8443/',
  ])('%s is one', (url) => {
    expect(publicly.faultOf(url)).toBeNull();
  });

  test('may be plain and of this machine for who develops, and nothing stranger', () => {
    const anywhere = createOutbound({ targets: 'any' });
    expect(anywhere.faultOf('http://127.0.0.1:4000/hooks')).toBeNull();
    expect(anywhere.faultOf('file:///etc/passwd')).not.toBeNull();
    expect(anywhere.faultOf('http://user:secret@127.0.0.1/')).not.toBeNull();
  });
});
