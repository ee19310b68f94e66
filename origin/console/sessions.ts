/**
 * Who may look: whoever has shown the operator's token in this process. It depends on nothing that may be down when the
 * console is needed most; a restart ends all sessions.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { SECOND_MS } from '#lib/clock.ts';

export interface OperatorSessions {
  /** A session's secret, for the cookie; null when the token is not the operator's. */
  open(token: string): string | null;
  isOpen(secret: string | null): boolean;
  close(secret: string | null): void;
  /** Calls back once, when the session ends; the returned function forgets it. */
  onEnd(secret: string, ended: () => void): () => void;
}

/** A day's shift, with some overtime. */
export const SESSION_SECONDS = 12 * 60 * 60;
/** More than there are operators: the oldest is ended for the newest. */
const MAX_SESSIONS = 100;
const SECRET_BYTES = 32;

interface Session {
  readonly timer: ReturnType<typeof setTimeout>;
  readonly listeners: Set<() => void>;
}

export function createOperatorSessions(operatorToken: string): OperatorSessions {
  const expected = digest(operatorToken);
  /** By the digest of its secret, the oldest first. */
  const sessions = new Map<string, Session>();
  const nameOf = (secret: string) => digest(secret).toString('hex');
  const end = (name: string) => {
    const session = sessions.get(name);
    if (session === undefined) return;
    sessions.delete(name);
    clearTimeout(session.timer);
    for (const ended of session.listeners) ended();
  };
  return {
    open: (token) => {
      if (!timingSafeEqual(digest(token), expected)) return null;
      const [oldest] = sessions.keys();
      if (sessions.size >= MAX_SESSIONS && oldest !== undefined) end(oldest);
      const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString('base64url');
      const name = nameOf(secret);
      const timer = setTimeout(() => end(name), SESSION_SECONDS * SECOND_MS);
      timer.unref();
      sessions.set(name, { timer, listeners: new Set() });
      return secret;
    },
    isOpen: (secret) => secret !== null && sessions.has(nameOf(secret)),
    close: (secret) => {
      if (secret !== null) end(nameOf(secret));
    },
    onEnd: (secret, ended) => {
      const listeners = sessions.get(nameOf(secret))?.listeners;
      listeners?.add(ended);
      return () => listeners?.delete(ended);
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
