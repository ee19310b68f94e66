/**
 * A listening socket that this process holds and others serve: one of them may follow the other, and whoever connects
 * in between waits in the socket's queue instead of being refused.
 */

import { dlopen } from 'bun:ffi';
import { assert } from '#lib/assert.ts';

export interface Listener {
  /** To be handed to whoever is to serve it. */
  readonly descriptor: number;
  readonly port: number;
  /** Those that serve it go on. */
  close(): void;
}

const C_LIBRARY = process.platform === 'darwin' ? 'libSystem.B.dylib' : 'libc.so.6';
const descriptorCall = { args: ['int'], returns: 'int' } as const;

/** @param port 0 takes a free one. @throws {Error} when the address cannot be bound, with `code` */
export function openListener(host: string, port: number): Listener {
  const { symbols: libc, close } = dlopen(C_LIBRARY, { dup: descriptorCall, close: descriptorCall });
  const bound = Bun.listen({ hostname: host, port, socket: { data: () => {} } });
  // By its own descriptor Bun would accept; the copy listens just as well. Bun's types leave it out.
  const own = 'fd' in bound ? Number(bound.fd) : -1;
  const descriptor = libc.dup(own);
  assert(descriptor >= 0, `the descriptor of a listening socket cannot be copied: ${own}`);
  bound.stop();
  return {
    descriptor,
    port: bound.port,
    close: () => {
      libc.close(descriptor);
      close();
    },
  };
}
