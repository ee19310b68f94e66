/** Bytes over a socket as no HTTP client would send them, and what comes back. */

import { connect, type Socket } from 'node:net';

export interface Spoken {
  /** All that came back. */
  readonly text: string;
  /** The status of each answer, in order. */
  readonly statuses: readonly number[];
  /** The other side hung up. */
  readonly isClosed: boolean;
  readonly milliseconds: number;
}

export interface Speech {
  readonly url: string;
  /** Sent one after the other, each when the one before has gone out. */
  readonly parts: Iterable<string> | AsyncIterable<string>;
  /** How long nothing may come before the other side counts as silent. */
  readonly quietMs?: number;
}

const QUIET_MS = 400;
/** Bodies need not end with a line: an answer may begin anywhere. */
const STATUS_LINE = /HTTP\/1\.[01] (\d{3}) /g;

/** Speaks, listens until the other side hangs up or falls silent, and hangs up. */
export async function speak({ url, parts, quietMs = QUIET_MS }: Speech): Promise<Spoken> {
  const begun = performance.now();
  const socket = await open(url);
  let text = '';
  let isClosed = false;
  const silent = Promise.withResolvers<void>();
  let timer = setTimeout(silent.resolve, quietMs);
  socket.on('data', (data) => {
    text += data.toString('latin1');
    clearTimeout(timer);
    timer = setTimeout(silent.resolve, quietMs);
  });
  const end = () => {
    isClosed = true;
    silent.resolve();
  };
  socket.once('end', end).once('close', end);
  socket.on('error', end);
  for await (const part of parts) {
    if (isClosed) break;
    socket.write(part, 'latin1');
    clearTimeout(timer);
    timer = setTimeout(silent.resolve, quietMs);
  }
  await silent.promise;
  clearTimeout(timer);
  socket.destroy();
  const statuses = [...text.matchAll(STATUS_LINE)].map(([, status]) => Number(status));
  return { text, statuses, isClosed, milliseconds: performance.now() - begun };
}

/** A connection that is there and says nothing. */
export function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(Number(port), hostname, () => resolve(socket));
  socket.once('error', reject);
  return promise;
}
