/**
 * Idempotency keys as Stripe has them: the first answer of a key is kept for a day and replayed; another request
 * under the key, or the same one while it runs, is refused. https://docs.stripe.com/api/idempotent_requests
 */

import { createHash } from 'node:crypto';
import { type Clock, DAY_MS } from '#lib/clock.ts';
import type { Answer } from './context.ts';
import { invalidParameter, keyInUse, keyReused } from './errors.ts';
import { canonicalForm, type FormTree } from './form.ts';
import type { Store } from './store.ts';

const MAX_KEY_CHARS = 255;
const KEY_LIFE_MS = DAY_MS;

export interface KeyedRequest {
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly form: FormTree;
  readonly requestId: string;
}

/** The kept answer and the id of the request that first got it. */
export interface KeptAnswer {
  readonly answer: Answer;
  readonly originalRequestId: string;
}

interface KeyRow {
  readonly request: string;
  readonly fingerprint: string;
  readonly status: number;
  readonly body: string;
  readonly request_id: string;
}

export interface IdempotencyKeys {
  /** The kept answer, or null, and then the key is taken until {@link release}. */
  take(request: KeyedRequest): KeptAnswer | null;
  /** Keeps the answer, in the transaction of whatever the request changed. */
  keep(request: KeyedRequest, answer: Answer): void;
  release(key: string): void;
}

function fingerprint(form: FormTree): string {
  return createHash('sha256').update(canonicalForm(form)).digest('hex');
}

function requireSame(row: KeyRow, request: KeyedRequest): void {
  const [method, path] = [request.method, request.path];
  if (row.request !== `${method} ${path}`) {
    throw keyReused(
      `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${path}' vs '${row.request.split(' ')[1]}'). Try using a key other than '${request.key}' if you meant to execute a different request.`,
    );
  }
  if (row.fingerprint !== fingerprint(request.form)) {
    throw keyReused(
      `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${request.key}' if you meant to execute a different request.`,
    );
  }
}

export function createIdempotencyKeys(store: Store, clock: Clock): IdempotencyKeys {
  const running = new Set<string>();
  const find = store.db.query<KeyRow, [string]>(
    'select request, fingerprint, status, body, request_id from idempotency where key = ?',
  );
  const forget = store.db.query('delete from idempotency where created_ms <= ?');
  const insert = store.db.query(
    'insert into idempotency (key, request, fingerprint, status, body, request_id, created_ms) values (?, ?, ?, ?, ?, ?, ?)',
  );
  return {
    take: (request) => {
      if (request.key.length > MAX_KEY_CHARS) {
        throw invalidParameter(`Idempotency keys can have up to ${MAX_KEY_CHARS} characters.`);
      }
      if (running.has(request.key)) throw keyInUse(request.key);
      forget.run(clock.now().getTime() - KEY_LIFE_MS);
      const row = find.get(request.key);
      if (row === null) {
        running.add(request.key);
        return null;
      }
      requireSame(row, request);
      return {
        answer: { status: row.status, body: JSON.parse(row.body) as object },
        originalRequestId: row.request_id,
      };
    },
    keep: (request, answer) => {
      insert.run(
        request.key,
        `${request.method} ${request.path}`,
        fingerprint(request.form),
        answer.status,
        JSON.stringify(answer.body),
        request.requestId,
        clock.now().getTime(),
      );
    },
    release: (key) => {
      running.delete(key);
    },
  };
}
