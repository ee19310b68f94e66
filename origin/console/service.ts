/** The console of one origin: what it watches, who may look, and who looks at the moment. */

import type { Clock } from '#lib/clock.ts';
import { ConfigError } from '#lib/config.ts';
import type { Logger } from '#lib/log.ts';
import { AppError } from '#lib/problems.ts';
import { EVENTS } from './model.ts';
import { createOperatorSessions, type OperatorSessions } from './sessions.ts';
import { type Follower, followWatch } from './stream.ts';
import { type Ask, createAsk, followTargets, parseTargets } from './targets.ts';
import { startWatch } from './watch.ts';

export interface OperatorConsole {
  readonly sessions: OperatorSessions;
  /**
   * The stream of events for a session that is open; it ends with the session.
   * @throws {AppError} `unavailable` when as many look already as may.
   */
  follow(secret: string): Response;
  /** Ends all streams, for a process that stops. */
  stop(): void;
}

export interface ConsoleVariables {
  readonly OPERATOR_TOKEN?: string;
  readonly OPS_TARGETS?: string;
  readonly OPS_TARGETS_FILE?: string;
}

const MAX_FOLLOWERS = 20;

/** @throws {ConfigError} when the targets are none, or nobody could look at them */
export function checkConsole({ OPERATOR_TOKEN, OPS_TARGETS = '', OPS_TARGETS_FILE }: ConsoleVariables): void {
  parseTargets(OPS_TARGETS);
  if (OPERATOR_TOKEN === undefined && (OPS_TARGETS !== '' || OPS_TARGETS_FILE !== undefined)) {
    throw new ConfigError('The environment variable OPERATOR_TOKEN is missing.');
  }
}

interface ConsoleDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Over the network, unless it is given. */
  readonly ask?: Ask;
}

/** None where no operator's token is configured. */
export function startConsole(config: ConsoleVariables, deps: ConsoleDeps): OperatorConsole | undefined {
  const { OPERATOR_TOKEN, OPS_TARGETS = '', OPS_TARGETS_FILE } = config;
  checkConsole(config);
  if (OPERATOR_TOKEN === undefined) return undefined;
  const sessions = createOperatorSessions(OPERATOR_TOKEN);
  const targets = followTargets(OPS_TARGETS, OPS_TARGETS_FILE);
  const watch = startWatch({ ask: createAsk(OPERATOR_TOKEN), ...deps, targets });
  const followers = new Set<Follower>();
  return {
    sessions,
    follow: (secret) => {
      if (followers.size >= MAX_FOLLOWERS) throw new AppError('unavailable');
      const follower = followWatch(watch, () => {
        followers.delete(follower);
        forget();
      });
      const forget = sessions.onEnd(secret, () => follower.end(EVENTS.signedOut));
      followers.add(follower);
      return follower.response;
    },
    stop: () => {
      watch.stop();
      for (const follower of followers) follower.end(EVENTS.stopping);
    },
  };
}
