/**
 * The origins behind the edge: which one is asked, and when another. Those of a region take turns; another region's
 * are asked when none of the first can be trusted. One that failed or drains is passed over for a moment, one
 * that is lost until it answers a probe. Each isolate finds that out by itself.
 */

import { type Circuit, createCircuit } from '#lib/circuit.ts';
import { type Clock, SECOND_MS } from '#lib/clock.ts';
import { DRAINING_HEADER, NOT_BEGUN_HEADER } from '#lib/edge-contract.ts';
import { circuitTeller } from '#lib/guards.ts';
import type { Logger } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { BreakerPolicy } from '#lib/policies.ts';

/** When it has not answered, or not for long, the others go first for so long. */
const DOUBTED_MS = SECOND_MS;
/** After it has said that it drains. It takes longer to go and come back, but is asked again with care. */
const DRAINING_MS = 2 * SECOND_MS;
/** One that drains goes on for longer than this, so whoever was heard of so lately still takes calls. */
const HEARD_LATELY_MS = SECOND_MS;
/** Cloudflare's own words for 'it refused the connection' and 'there is no way to it'. */
const NEVER_ARRIVED: readonly number[] = [521, 523];
/** ...and for a connection that broke or brought nothing: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/ */
const NO_ANSWER: readonly number[] = [520, 522, 524, 525, 526, 530];

export type Outcome =
  | { readonly kind: 'answered'; readonly answer: Response }
  /** By the origin itself, before it has begun with it. */
  | { readonly kind: 'refused'; readonly answer: Response }
  | { readonly kind: 'lost'; readonly mayHaveArrived: boolean; readonly cause: unknown };

export interface OriginServer {
  readonly url: string;
  isLost(): boolean;
  /** Whether it may go before others. */
  isTrusted(): boolean;
  /** Whether it takes calls, as far as can be known: it was heard of just now, or answers a probe. */
  isListening(): Promise<boolean>;
  /** One call, and what it tells of the server. */
  ask(call: () => Promise<Response>): Promise<Outcome>;
  /** It is silent: for a moment others go first. */
  doubt(): void;
  /** A whole request, however often it was repeated here, ended without an answer. */
  failed(): void;
  /** Where it is lost and its turn has come, asks whether it is back. */
  probe(): Promise<void>;
}

export interface Origins {
  /** Every one of them. */
  isLost(): boolean;
  probe(): Promise<void>;
  /** Those that are not lost, in the order in which to ask them. */
  inOrder(): readonly OriginServer[];
}

export interface OriginsOptions {
  /** Of each region, in the order of preference. */
  readonly regions: readonly (readonly string[])[];
  readonly policy: BreakerPolicy;
  /** Any answer proves that the server is there. */
  readonly probe: (url: string) => Promise<Response>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** `https://a,https://b;https://c`: commas within a region, semicolons between regions. */
export function parseOrigins(text: string): readonly (readonly string[])[] {
  return text.split(';').map((region) => region.split(',').map((url) => url.trim()));
}

export function createOrigins(options: OriginsOptions): Origins {
  const urls = options.regions.flat();
  const nameOf = (url: string) => (urls.length === 1 ? 'origin' : `origin-${urls.indexOf(url) + 1}`);
  const regions = options.regions.map((region) =>
    region.map((url) => createServer(url, nameOf(url), options)),
  );
  const servers = regions.flat();
  let turn = 0;
  return {
    isLost: () => servers.every((server) => server.isLost()),
    probe: async () => {
      await Promise.all(servers.map((server) => server.probe()));
    },
    inOrder: () => {
      turn += 1;
      const ordered = regions.flatMap((region) => rotated(region, turn)).filter((server) => !server.isLost());
      const trusted = ordered.filter((server) => server.isTrusted());
      return [...trusted, ...ordered.filter((server) => !trusted.includes(server))];
    },
  };
}

function rotated<T>(items: readonly T[], turn: number): readonly T[] {
  const first = turn % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

/** @param name in the metrics: `origin`, or `origin-1` and so on where there are several */
function createServer(url: string, name: string, options: OriginsOptions): OriginServer {
  const { policy, probe, clock, log, metrics } = options;
  const tell = circuitTeller(name, { log: log.with({ origin: url }), metrics });
  const circuit: Circuit = createCircuit(policy, clock, (change) => tell(change === 'opened'));
  let heardAt = Number.NEGATIVE_INFINITY;
  let avoidedUntil = Number.NEGATIVE_INFINITY;
  const nowMs = () => clock.now().getTime();
  const avoid = (ms: number) => {
    avoidedUntil = Math.max(avoidedUntil, nowMs() + ms);
  };
  const ask = async (call: () => Promise<Response>): Promise<Outcome> => {
    const outcome = await call().then(outcomeOf, unanswered);
    if (outcome.kind === 'lost') {
      heardAt = Number.NEGATIVE_INFINITY;
      avoid(DOUBTED_MS);
      return outcome;
    }
    heardAt = nowMs();
    circuit.succeeded();
    // One that is merely busy is not left alone: all of its load would fall on the others.
    if (isDraining(outcome.answer)) avoid(DRAINING_MS);
    return outcome;
  };
  const knock = async () => {
    const outcome = await ask(() => probe(url));
    if (outcome.kind === 'lost') circuit.failed();
    else await outcome.answer.body?.cancel();
    return outcome.kind === 'answered';
  };
  return {
    url,
    ask,
    isLost: circuit.isOpen,
    isTrusted: () => nowMs() >= avoidedUntil,
    isListening: async () => nowMs() - heardAt < HEARD_LATELY_MS || (await knock()),
    doubt: () => avoid(DOUBTED_MS),
    failed: circuit.failed,
    probe: async () => {
      if (circuit.isOpen() && circuit.admits()) await knock();
    },
  };
}

function outcomeOf(answer: Response): Outcome {
  const { status, headers } = answer;
  const isCloudflare = NEVER_ARRIVED.includes(status) || NO_ANSWER.includes(status);
  if (isCloudflare) {
    return { kind: 'lost', mayHaveArrived: !NEVER_ARRIVED.includes(status), cause: `status ${status}` };
  }
  return { kind: headers.has(NOT_BEGUN_HEADER) ? 'refused' : 'answered', answer };
}

/** workerd words a refused connection like one that broke later. */
function unanswered(cause: unknown): Outcome {
  return { kind: 'lost', mayHaveArrived: true, cause };
}

function isDraining({ headers }: Response): boolean {
  return headers.has(DRAINING_HEADER) || headers.get('connection')?.toLowerCase() === 'close';
}
