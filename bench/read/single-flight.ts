/**
 * A thousand misses of one cold key at the same moment, made certain: the table is locked while they arrive, so
 * that none can be answered before all are in.
 */

import { join } from 'node:path';
import { withConnection } from '#bench/data/catalogue.ts';
import { slugOfRank } from '#bench/data/products.ts';
import { statementsDuring } from '#bench/load/statement-log.ts';
import type { RunningProgram } from '#bench/stack/program.ts';
import { edgeHeaders } from '#bench/stack/shop.ts';
import { figureOf } from '#bench/statistics.ts';
import { productPath } from './addresses.ts';
import { type Bench, databaseOf, type Found, largest } from './bench.ts';

const REQUESTS = 1_000;
/** How long the table stays locked after the last request was sent. */
const HOLD_MS = 400;
const ANSWER_TIMEOUT_MS = 10_000;

export async function measureSingleFlight(bench: Bench, origin: RunningProgram): Promise<Found> {
  const { stack } = bench;
  const size = largest(bench);
  // The least popular product, which no load has asked for.
  const slug = slugOfRank(size, size);
  const serverUrl = stack.servers.databaseUrl;
  const logFile = join(stack.folder, 'postgres.log');
  let answered = 0;
  const statements = await statementsDuring({ serverUrl, logFile }, async () => {
    const asked = await withConnection(databaseOf(bench, size), (sql) =>
      sql.begin(async (tx): Promise<Asked> => {
        await tx`lock table products in access exclusive mode`;
        const asking = askAtOnce(origin.url, productPath(slug), edgeHeaders(stack));
        await asking.sent;
        await Bun.sleep(HOLD_MS);
        return asking;
      }),
    );
    answered = await asked.ok;
  });
  if (answered !== REQUESTS)
    throw new Error(`${REQUESTS - answered} of ${REQUESTS} requests were not answered 200`);
  const loads = statements.filter(({ parameters }) => parameters.includes(slug)).length;
  return {
    outcomes: { singleFlight: { figure: figureOf([loads]) } },
    charts: [],
  };
}

interface Asked {
  /** All requests have left. */
  readonly sent: Promise<void>;
  /** How many were answered 200. */
  readonly ok: Promise<number>;
}

/** Over a connection each, all opened before the first request is sent. */
function askAtOnce(origin: string, path: string, headers: Readonly<Record<string, string>>): Asked {
  const { hostname, port } = new URL(origin);
  const lines = Object.entries({ host: `${hostname}:${port}`, ...headers, connection: 'close' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const request = `GET ${path} HTTP/1.1\r\n${head}\r\n`;
  const sockets = Array.from({ length: REQUESTS }, () => openSocket(hostname, Number(port)));
  const sent = Promise.all(sockets.map(({ opened }) => opened)).then((opened) => {
    for (const socket of opened) socket.write(request);
  });
  const ok = Promise.all(sockets.map(({ status }) => status)).then(
    (statuses) => statuses.filter((status) => status === '200').length,
  );
  return { sent, ok };
}

function openSocket(hostname: string, port: number) {
  const status = Promise.withResolvers<string>();
  const timer = setTimeout(() => status.resolve('none'), ANSWER_TIMEOUT_MS);
  let text = '';
  const settle = (value: string) => {
    clearTimeout(timer);
    status.resolve(value);
  };
  const opened = Bun.connect({
    hostname,
    port,
    socket: {
      data: (socket, chunk) => {
        text += chunk.toString('latin1');
        const found = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
        if (found === undefined) return;
        settle(found);
        socket.end();
      },
      close: () => settle('none'),
      error: () => settle('none'),
    },
  });
  return { opened, status: status.promise };
}
