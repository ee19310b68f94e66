/** TLS between the shop and its servers: who cannot prove to be the server is not spoken to. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { connect as connectTls } from 'node:tls';
import { connect } from '#db/client.ts';
import { pingDatabase } from '#db/health.ts';
import { databaseAddress } from '#db/tls.ts';
import { ConfigError } from '#lib/config.ts';
import { createLogger } from '#lib/log.ts';
import { startEdge } from '#ops/edge/run.ts';
import { CHECKOUT } from '#ops/local/paths.ts';
import { choosePorts } from '#ops/local/ports.ts';
import { createMetrics } from '#origin/adapters/metrics.ts';
import { connectNats } from '#origin/adapters/nats.ts';
import { connectRedis } from '#origin/adapters/redis.ts';
import { type Authority, type Certificate, createAuthority } from '#test/support/certificates.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin, TEST_CONFIG } from '#test/support/origin.ts';
import { startTlsNats, startTlsPostgres, startTlsRedis, type TlsServer } from '#test/support/tls-servers.ts';

const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const log = createLogger({ level: 'error', write: () => {} });

let authority: Authority;
let stranger: Authority;
let good: Certificate;
let ofAnother: Certificate;
beforeAll(async () => {
  [authority, stranger] = await Promise.all([createAuthority(), createAuthority()]);
  good = await authority.issue('server', 'DNS:localhost,IP:127.0.0.1');
  ofAnother = await authority.issue('another', 'DNS:other.test,IP:127.0.0.9');
});
afterAll(async () => {
  await authority.close();
  await stranger.close();
});

interface Way {
  readonly start: typeof startTlsPostgres;
  /** Resolves when the server has answered through TLS. */
  readonly reach: (server: TlsServer, host: string, caFile: string) => Promise<void>;
}

const WAYS: Readonly<Record<string, Way>> = {
  Postgres: {
    start: startTlsPostgres,
    reach: async ({ port, login }, host, caFile) => {
      const query = `sslmode=verify-full&sslrootcert=${encodeURIComponent(caFile)}`;
      const options = { applicationName: 'test', maxConnections: 1 };
      const database = connect(`postgres://${login}@${host}:${port}/postgres?${query}`, options);
      try {
        await pingDatabase(database.db);
      } finally {
        await database.abandon();
      }
    },
  },
  Redis: {
    start: startTlsRedis,
    reach: async ({ port, login }, host, caFile) => {
      const redis = connectRedis(
        `rediss://${login}@${host}:${port}/0`,
        { log, metrics: createMetrics() },
        caFile,
      );
      try {
        await untilItAnswers(() => redis.ping());
      } finally {
        await redis.close();
      }
    },
  },
  NATS: {
    start: startTlsNats,
    reach: async ({ port, login }, host, caFile) => {
      const bus = connectNats({ url: `tls://${login}@${host}:${port}`, name: 'test', caFile }, log);
      try {
        await untilItAnswers(() => bus.ping());
      } finally {
        await bus.close();
      }
    },
  },
};

const REACH_DEADLINE_MS = 3_000;

const succeeds = (call: () => Promise<void>) =>
  call().then(
    () => true,
    () => false,
  );

/** A first call may come before the connection is made. */
async function untilItAnswers(call: () => Promise<void>): Promise<void> {
  await eventually('the server answers', () => succeeds(call), REACH_DEADLINE_MS);
}

for (const [name, { start, reach }] of Object.entries(WAYS)) {
  describe(name, () => {
    test('is reached by name and by address, when its certificate says so', async () => {
      const server = await start(good, '1.3');
      const isUp = () => succeeds(() => reach(server, 'localhost', authority.caFile));
      await eventually('the server is up', isUp);
      await reach(server, '127.0.0.1', authority.caFile);
      await expect(reach(server, 'localhost', stranger.caFile)).rejects.toThrow();
      await server.stop();
    });

    test('with the certificate of another host is not spoken to', async () => {
      const server = await start(ofAnother, '1.3');
      await expect(reach(server, 'localhost', authority.caFile)).rejects.toThrow();
      await expect(reach(server, '127.0.0.1', authority.caFile)).rejects.toThrow();
      await server.stop();
    });

    test('that speaks nothing above TLS 1.2 is not spoken to', async () => {
      const server = await start(good, '1.2');
      await expect(reach(server, 'localhost', authority.caFile)).rejects.toThrow();
      await server.stop();
    });
  });
}

describe('servers without TLS', () => {
  let shop: OriginUnderTest;
  beforeAll(async () => {
    shop = await openOrigin();
  });
  afterAll(() => shop.close());

  test('are not spoken to in the clear where TLS was asked for', async () => {
    const parts = [shop.config.DATABASE_URL, shop.config.REDIS_URL, shop.config.NATS_URL];
    const names = ['Postgres', 'Redis', 'NATS'];
    const spoken = parts.map((address, index) => {
      const { port, username, password } = new URL(address);
      const server = {
        port: Number(port),
        login: password === '' ? username : `${username}:${password}`,
        stop: async () => {},
      };
      const way = WAYS[names[index] ?? ''];
      return expect(way?.reach(server, 'localhost', authority.caFile)).rejects.toThrow();
    });
    await Promise.all(spoken);
  });

  test('the origin with a certificate speaks TLS 1.3 and nothing else', async () => {
    const { port } = await choosePorts({ port: 0 });
    const settings = { ORIGIN_TLS_CERT_FILE: good.certFile, ORIGIN_TLS_KEY_FILE: good.keyFile };
    const variables = { ...shop.config, ...TEST_CONFIG, ...settings, ORIGIN_PORT: port, LOG_LEVEL: 'error' };
    const text = Object.entries(variables).map(([name, value]) => [name, String(value)]);
    const origin = Bun.spawn([process.execPath, 'origin/main.ts'], {
      cwd: CHECKOUT,
      env: { ...process.env, ...Object.fromEntries(text) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const livez = (scheme: string, caFile: string) =>
      fetch(`${scheme}://localhost:${port}/livez`, { tls: { ca: Bun.file(caFile) } });
    await eventually('the origin answers', () =>
      livez('https', authority.caFile).then(
        ({ status }) => status < 500,
        () => false,
      ),
    );
    expect(await versionOf(port, {})).toBe('TLSv1.3');
    expect(await versionOf(port, { maxVersion: 'TLSv1.2' })).toBe('refused');
    await expect(livez('https', stranger.caFile)).rejects.toThrow();
    await expect(livez('http', authority.caFile)).rejects.toThrow();
    expect(await throughEdge(port, authority.caFile)).toBe(200);
    expect(await throughEdge(port, stranger.caFile)).toBe(503);
    origin.kill('SIGKILL');
    await origin.exited;
  });

  /** The status of a list of products, by an edge that believes the authority. */
  async function throughEdge(port: number, caFile: string): Promise<number> {
    const edge = await startEdge({
      originUrl: `https://localhost:${port}`,
      originCa: await Bun.file(caFile).text(),
      edgeSecret: TEST_CONFIG.EDGE_SECRET,
      purgeSecret: crypto.randomUUID(),
      onLog: () => {},
    });
    try {
      return (await fetch(`${edge.url}/api/v1/categories`)).status;
    } finally {
      await edge.stop();
    }
  }

  function versionOf(port: number, versions: { readonly maxVersion?: 'TLSv1.2' }): Promise<string> {
    return new Promise((resolve) => {
      const options = { port, host: '127.0.0.1', rejectUnauthorized: false, ...versions };
      const socket = connectTls(options, () => {
        resolve(socket.getProtocol() ?? 'none');
        socket.destroy();
      });
      socket.on('error', () => resolve('refused'));
    });
  }
});

describe('a database address', () => {
  const address = 'postgres://a:b@db.test/shop';
  test('that would encrypt to whoever answers is refused', () => {
    for (const mode of ['require', 'prefer', 'allow', 'verify-ca', 'on']) {
      expect(() => databaseAddress(`${address}?sslmode=${mode}`)).toThrow(ConfigError);
    }
    expect(() => databaseAddress(`${address}?sslrootcert=/none.pem`)).toThrow(ConfigError);
    expect(() => databaseAddress(`${address}?sslmode=verify-full&sslrootcert=/none.pem`)).toThrow(
      '/none.pem',
    );
  });

  test('keeps what is not about TLS', () => {
    expect(databaseAddress(`${address}?sslmode=disable&connect_timeout=3`)).toEqual({
      url: `${address}?connect_timeout=3`,
      ssl: undefined,
    });
    expect(databaseAddress(`${address}?sslmode=verify-full`).ssl).toMatchObject({
      minVersion: 'TLSv1.3',
      servername: 'db.test',
    });
  });
});
