/** A TCP proxy on loopback that can be made a bad network and a good one again, for open connections, too. */

import { connect, createServer, type Server, type Socket } from 'node:net';
import { SECOND_MS } from '#lib/clock.ts';
import { LOOPBACK } from '#ops/local/ports.ts';
import type { LinkFault } from './link-fault.ts';

export interface NetworkProxy {
  readonly port: number;
  /** Null: all is well. */
  set(fault: LinkFault | null): void;
  /** Connections that are open now. */
  connections(): number;
  stop(): Promise<void>;
}

/** What a direction holds back at most; then its sender has to wait. */
const MAX_HELD_BYTES = 1024 * 1024;

interface Link {
  fault: LinkFault | null;
  /** Resolves when the fault is another one. */
  changed: PromiseWithResolvers<void>;
  readonly lines: Set<Line>;
}

/** One connection through the proxy. */
interface Line {
  readonly client: Socket;
  /** Null until a target has taken the connection. */
  server: Socket | null;
  /** How many bytes of answers still pass; null where that is not limited. */
  bytesLeft: number | null;
}

/** @param ports of the targets on loopback; a connection goes to the first that takes it. */
export async function startProxy(ports: readonly number[]): Promise<NetworkProxy> {
  const link: Link = { fault: null, changed: Promise.withResolvers(), lines: new Set() };
  const open = () =>
    createServer({ pauseOnConnect: true, allowHalfOpen: true }, (client) => void accept(link, client, ports));
  let server: Server | null = open();
  const port = await listen(server, 0);
  const close = () => {
    server?.close();
    server = null;
  };
  return {
    port,
    set: (fault) => {
      setFault(link, fault);
      if (fault?.kind === 'refused') return close();
      if (server !== null) return;
      server = open();
      void listen(server, port);
    },
    connections: () => link.lines.size,
    stop: async () => {
      for (const line of link.lines) tearDown(line);
      setFault(link, null);
      const last = server;
      if (last !== null) await new Promise((closed) => last.close(closed));
    },
  };
}

/** @param wanted 0 for any that is free */
function listen(server: Server, wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: wanted, host: LOOPBACK }, () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('the proxy has no port'));
    });
  });
}

function setFault(link: Link, fault: LinkFault | null): void {
  const { changed } = link;
  link.fault = fault;
  link.changed = Promise.withResolvers();
  for (const line of link.lines) line.bytesLeft = fault?.kind === 'cut' ? fault.afterBytes : null;
  if (isDown(fault)) for (const line of link.lines) tearDown(line);
  changed.resolve();
}

const isDown = (fault: LinkFault | null) => fault?.kind === 'reset' || fault?.kind === 'refused';

async function accept(link: Link, client: Socket, ports: readonly number[]): Promise<void> {
  const bytesLeft = link.fault?.kind === 'cut' ? link.fault.afterBytes : null;
  const line: Line = { client, server: null, bytesLeft };
  link.lines.add(line);
  client.on('error', () => tearDown(line));
  client.on('close', () => {
    link.lines.delete(line);
    line.server?.destroy();
  });
  if (isDown(link.fault)) return tearDown(line);
  await passes(link, { bytes: 0, arrivedAt: performance.now() });
  const server = await firstOf(ports);
  if (server === null || client.destroyed) {
    server?.destroy();
    return tearDown(line);
  }
  line.server = server;
  server.on('error', () => tearDown(line));
  server.on('close', () => client.destroySoon());
  carry(link, { from: client, to: server, line, areAnswers: false });
  carry(link, { from: server, to: client, line, areAnswers: true });
}

async function firstOf(ports: readonly number[]): Promise<Socket | null> {
  for (const port of ports) {
    const socket = connect({ port, host: LOOPBACK, noDelay: true, allowHalfOpen: true });
    const isOpen = await new Promise<boolean>((settle) => {
      socket.once('connect', () => settle(true));
      socket.once('error', () => settle(false));
    });
    if (isOpen) return socket;
  }
  return null;
}

function tearDown({ client, server }: Line): void {
  server?.destroy();
  if (!client.destroyed) client.resetAndDestroy();
}

interface Parcel {
  readonly bytes: number;
  readonly arrivedAt: number;
}

/** Resolves when the network lets the parcel through. */
async function passes(link: Link, { bytes, arrivedAt }: Parcel): Promise<void> {
  for (;;) {
    const { fault, changed } = link;
    switch (fault?.kind) {
      case 'black hole':
        await changed.promise;
        break;
      case 'latency': {
        const waitMs = arrivedAt + fault.ms - performance.now();
        if (waitMs > 0) await Promise.race([Bun.sleep(waitMs), changed.promise]);
        return;
      }
      case 'rate':
        await Promise.race([Bun.sleep((bytes / fault.bytesPerSecond) * SECOND_MS), changed.promise]);
        return;
      case 'cut':
      case 'reset':
      case 'refused':
      case undefined:
        return;
    }
  }
}

interface Way {
  readonly from: Socket;
  readonly to: Socket;
  readonly line: Line;
  readonly areAnswers: boolean;
}

/** One direction of one connection: in order, with what is held back bounded. */
function carry(link: Link, { from, to, line, areAnswers }: Way): void {
  const held: (Parcel & { readonly data: Buffer })[] = [];
  let heldBytes = 0;
  let isCarrying = false;
  let hasEnded = false;
  const work = async () => {
    isCarrying = true;
    for (let parcel = held.shift(); parcel !== undefined; parcel = held.shift()) {
      await passes(link, parcel);
      await (areAnswers ? answer(line, parcel.data) : deliver(to, parcel.data));
      heldBytes -= parcel.bytes;
      if (heldBytes < MAX_HELD_BYTES) from.resume();
    }
    isCarrying = false;
    if (hasEnded && !to.destroyed) to.end();
  };
  const begin = () => {
    if (!isCarrying) void work();
  };
  from.on('data', (data: Buffer) => {
    held.push({ data, bytes: data.length, arrivedAt: performance.now() });
    heldBytes += data.length;
    if (heldBytes >= MAX_HELD_BYTES) from.pause();
    begin();
  });
  from.on('end', () => {
    hasEnded = true;
    begin();
  });
  from.resume();
}

/** What of an answer is within the limit that the connection has; with the limit the connection ends. */
async function answer(line: Line, data: Buffer): Promise<void> {
  if (line.bytesLeft === null) return deliver(line.client, data);
  const part = data.subarray(0, line.bytesLeft);
  line.bytesLeft -= part.length;
  await deliver(line.client, part);
  if (line.bytesLeft === 0) tearDown(line);
}

async function deliver(to: Socket, data: Buffer): Promise<void> {
  if (to.destroyed || data.length === 0) return;
  if (to.write(data)) return;
  await new Promise<void>((resume) => {
    to.once('drain', resume);
    to.once('close', () => resume());
  });
}
