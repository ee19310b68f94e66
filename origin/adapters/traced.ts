/** Calls to what is outside of the process, as spans of the trace at hand. */

import { inSpan } from '#db/trace-scope.ts';
import type { ConnectedRedis } from './redis.ts';

/** The names of those members that are calls with an outcome to wait for. */
type CallsOf<Target> = {
  [Name in keyof Target]: Target[Name] extends (...args: never[]) => Promise<unknown> ? Name : never;
}[keyof Target] &
  string;

type Call = (...args: unknown[]) => Promise<unknown>;

/** The same, whose named calls are spans. @param system whom they ask, by OpenTelemetry's name */
export function tracedCalls<Target extends object>(
  target: Target,
  system: string,
  names: readonly CallsOf<Target>[],
): Target {
  const calls = names.map((name) => {
    const call = target[name] as Call;
    const start = {
      name: `${system} ${name}`,
      kind: 'client',
      attributes: { 'peer.service': system },
    } as const;
    return [name, (...args: unknown[]) => inSpan(start, () => call(...args))];
  });
  return { ...target, ...Object.fromEntries(calls) };
}

export function tracedRedis(redis: ConnectedRedis): ConnectedRedis {
  const { marks, counts } = redis;
  return {
    ...tracedCalls(redis, 'redis', ['get', 'getWithFloor', 'setFenced', 'raise', 'advance']),
    marks: tracedCalls(marks, 'redis', ['raise', 'read']),
    counts: {
      // Counts beside the request: nobody waits for it as such.
      limiter: counts.limiter,
      loginThrottle: (policies, clock) =>
        tracedCalls(counts.loginThrottle(policies, clock), 'redis', [
          'begin',
          'succeeded',
          'welcome',
          'undone',
        ]),
    },
  };
}
