/** The outside of a simulated process: database, Stripe and mail of the real shop, each step of which waits for its turn. */

import type { Database } from '#db/client.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import type { Mailer } from '#workers/mailer.ts';
import type { Gate } from './scheduler.ts';

type Lost = () => Error;

const connectionLost: Lost = () => new Error('the connection to the database was lost');
const mailLost: Lost = () => new Error('the mail server hung up');
const stripeLost: Lost = () => new AppError('payments_unavailable');

export function gatedDeps(deps: Deps, gate: Gate): Deps {
  return {
    ...deps,
    // Others have their turns meanwhile, and no time goes by.
    sleep: gate.idle,
    db: gatedDatabase(deps.db, gate),
    payments: gatedMethods(deps.payments, gate, 'stripe', stripeLost),
  };
}

export function gatedMailer(mailer: Mailer, gate: Gate): Mailer {
  return gatedMethods(mailer, gate, 'mail', mailLost);
}

/** Each method of an adapter as one operation. */
function gatedMethods<T extends object>(adapter: T, gate: Gate, name: string, lost: Lost): T {
  return new Proxy(adapter, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property, receiver);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) =>
        gate.pass({ label: `${name}.${String(property)}`, run: async () => value.apply(target, args), lost });
    },
  });
}

const WAYS_TO_CLIENT: ReadonlySet<string | symbol> = new Set(['_', 'session', 'client']);

function gatedDatabase(db: Database, gate: Gate): Database {
  return new Proxy(db, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      // The way of statements that are kept: around the database, to its client.
      if (WAYS_TO_CLIENT.has(property)) return gatedDatabase(value as Database, gate);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const run = () => value.apply(target, args) as unknown;
        if (property !== 'transaction') return gatedQuery(run(), gate);
        return gate.pass({ label: 'transaction', run: async () => run(), lost: connectionLost });
      };
    },
  });
}

/** A query builder runs when it is waited for, and so does its gated twin. */
function gatedQuery(query: unknown, gate: Gate): unknown {
  if (typeof query !== 'object' || query === null) return query;
  return new Proxy(query, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      if (property !== 'then') return (...args: unknown[]) => gatedQuery(value.apply(target, args), gate);
      const run = async () => (await target) as unknown;
      return (...handlers: Parameters<Promise<unknown>['then']>) =>
        gate.pass({ label: 'query', run, lost: connectionLost }).then(...handlers);
    },
  });
}
