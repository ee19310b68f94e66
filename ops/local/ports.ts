/** Free loopback ports. All of one stack are taken in one go, so that no two parts are given the same. */

import { createServer, type Server } from 'node:net';

export const LOOPBACK = '127.0.0.1';

const NEXT_PORTS_TRIED = 50;

function hold(port: number): Promise<Server | null> {
  return new Promise((settle) => {
    const server = createServer();
    server.once('error', () => settle(null));
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => settle(server));
  });
}

/** The wanted port or the next free one above it; 0 takes any. */
async function holdFrom(wanted: number): Promise<Server> {
  const last = wanted === 0 ? 0 : wanted + NEXT_PORTS_TRIED;
  for (let port = wanted; port <= last; port += 1) {
    const server = await hold(port);
    if (server !== null) return server;
  }
  throw new Error(`No free port was found from ${wanted} to ${last}.`);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A listening server has no port.');
  return address.port;
}

/** A port for each name; the number beside it is the one wanted first, 0 for any. */
export async function choosePorts<Name extends string>(
  wanted: Readonly<Record<Name, number>>,
): Promise<Record<Name, number>> {
  const held: [string, Server][] = [];
  for (const [name, port] of Object.entries<number>(wanted)) held.push([name, await holdFrom(port)]);
  const ports = Object.fromEntries(held.map(([name, server]) => [name, portOf(server)]));
  await Promise.all(held.map(([, server]) => new Promise((closed) => server.close(closed))));
  return ports as Record<Name, number>;
}
