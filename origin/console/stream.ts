/**
 * Server-sent events of the console. Each event is whole, so that a reader who is slow is spared some, and one who has
 * stopped to read is let go.
 */

import { SECOND_MS } from '#lib/clock.ts';
import { EVENTS, type Snapshot } from './model.ts';
import type { Watch } from './watch.ts';

export interface Follower {
  readonly response: Response;
  /** Ends the stream; the reader is told why. */
  end(event: string): void;
}

/** Below Bun's own limit for a connection on which nothing happens, and what proxies bear. */
const HEARTBEAT_MS = 10 * SECOND_MS;
/** A reader that has taken nothing for so long is gone, whatever the network says. */
const PATIENCE_MS = 30 * SECOND_MS;
const RETRY_MS = 2 * SECOND_MS;
/** Events that wait for the reader, the one that is being sent included. */
const MAX_WAITING = 2;
const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // For proxies that would collect it first.
  'x-accel-buffering': 'no',
};

export function followWatch(watch: Watch, onClose: () => void): Follower {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let takenAt = performance.now();
  let stopFollowing = () => {};
  const close = () => {
    if (controller === undefined) return;
    const closing = controller;
    controller = undefined;
    clearInterval(heartbeat);
    stopFollowing();
    onClose();
    try {
      closing.close();
    } catch {
      // The reader has gone first.
    }
  };
  const send = (text: string) => {
    if (controller === undefined) return;
    const hasRoom = (controller.desiredSize ?? 0) > 0;
    if (hasRoom) controller.enqueue(encoder.encode(text));
    else if (performance.now() - takenAt > PATIENCE_MS) close();
  };
  const heartbeat = setInterval(() => send(': still here\n\n'), HEARTBEAT_MS);
  heartbeat.unref();
  const body = new ReadableStream<Uint8Array>(
    {
      start: (started) => {
        controller = started;
        send(`retry: ${RETRY_MS}\n\n${eventOf(EVENTS.beginning, watch.beginning())}`);
        stopFollowing = watch.follow((snapshot: Snapshot) => send(eventOf(EVENTS.snapshot, snapshot)));
      },
      pull: () => {
        takenAt = performance.now();
      },
      cancel: close,
    },
    { highWaterMark: MAX_WAITING },
  );
  return {
    response: new Response(body, { headers: HEADERS }),
    end: (event) => {
      send(eventOf(event, {}));
      close();
    },
  };
}

function eventOf(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
