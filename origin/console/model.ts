/** What the console shows, as the origin sends it to the page: whole each time, so that a lost one does not matter. */

export const PROCESS_KINDS = ['origin', 'workers', 'edge'] as const;
export type ProcessKind = (typeof PROCESS_KINDS)[number];

/** `unknown`: whoever could tell does not answer, or there is none here. */
export type State = 'ok' | 'degraded' | 'down' | 'unknown';

export const PARTS = [
  'edge',
  'origin',
  'primary',
  'replicas',
  'redis',
  'stripe',
  'nats',
  'workers',
  'smtp',
] as const;
export type PartId = (typeof PARTS)[number];

/** Each from one part to another; the page knows how they run. */
export type FlowId =
  | 'shopper-edge'
  | 'edge-origin'
  | 'origin-primary'
  | 'origin-replicas'
  | 'origin-redis'
  | 'origin-stripe'
  | 'origin-nats'
  | 'nats-workers'
  | 'workers-edge'
  | 'workers-smtp';

export type Unit =
  | 'perSecond'
  | 'perMinute'
  | 'seconds'
  | 'ratio'
  | 'count'
  | 'bytes'
  | { readonly currency: string };

/** A figure in its base unit (seconds, bytes, minor units of a currency); null where nothing is known. */
export interface Fact {
  readonly label: string;
  readonly value: number | null;
  readonly unit: Unit;
}

export interface Part {
  readonly state: State;
  /** The state in a few words. */
  readonly says: string;
  readonly facts: readonly Fact[];
}

export interface Flow {
  readonly state: State;
  readonly perSecond: number | null;
}

/** Something that is wrong, in words: `Redis does not answer` [since then]`; reads go on, slower`. */
export interface Problem {
  /** The same as long as it is the same problem. */
  readonly id: string;
  readonly part: PartId;
  readonly state: 'degraded' | 'down';
  readonly what: string;
  /** What it means for those who use the shop; empty where `what` says it all. */
  readonly effect: string;
}

export interface Incident extends Problem {
  readonly sinceMs: number;
  /** It was so when the origin first looked: since when, nobody knows. */
  readonly isOlder: boolean;
  /** Null while it lasts. */
  readonly untilMs: number | null;
}

/** One moment of the plots; null where nothing was measured. */
export interface Point {
  readonly atMs: number;
  readonly edgePerSecond: number | null;
  readonly originPerSecond: number | null;
  readonly errorsPerSecond: number | null;
  readonly p50Seconds: number | null;
  readonly p99Seconds: number | null;
  readonly edgeHits: number | null;
  readonly memoryHits: number | null;
  readonly redisHits: number | null;
  readonly waiting: number | null;
  readonly parked: number | null;
  readonly ordersPerMinute: number | null;
  readonly revenuePerMinute: number | null;
}

export interface Tier {
  readonly name: string;
  readonly hits: number | null;
  readonly perSecond: number | null;
  /** The hit rate that the shop was built for. */
  readonly target: number;
}

export interface Breaker {
  readonly dependency: string;
  /** The processes in which it is open. */
  readonly openIn: readonly string[];
  readonly of: number;
}

export interface Queue {
  readonly name: string;
  readonly waiting: number | null;
  readonly oldestSeconds: number | null;
  readonly perSecond: number | null;
  readonly deadLetters: number | null;
}

export interface ProcessRow {
  readonly name: string;
  readonly state: State;
  readonly says: string;
  readonly startedAtMs: number | null;
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
  readonly lagSeconds: number | null;
}

export interface Operation {
  readonly name: string;
  readonly perSecond: number;
  readonly p50Seconds: number | null;
  readonly p99Seconds: number | null;
  readonly errors: number;
}

export interface Snapshot {
  readonly atMs: number;
  readonly parts: Readonly<Record<PartId, Part>>;
  readonly flows: Readonly<Record<FlowId, Flow>>;
  /** The worst first. */
  readonly problems: readonly Incident[];
  /** Those that have ended, the last first. */
  readonly ended: readonly Incident[];
  /** The shop in a line of figures. */
  readonly figures: readonly Fact[];
  /** What it has earned in the time that the plots show. */
  readonly business: readonly Fact[];
  readonly tiers: readonly Tier[];
  readonly breakers: readonly Breaker[];
  readonly queues: readonly Queue[];
  readonly processes: readonly ProcessRow[];
  readonly operations: readonly Operation[];
  /** Of the revenue that is plotted. */
  readonly currency: string;
  readonly point: Point;
}

/** What a page is told first. */
export interface Beginning {
  readonly points: readonly Point[];
  /** When this origin began to look. */
  readonly beganAtMs: number;
  readonly keepsMs: number;
}

/** Names of the events that the stream brings. */
export const EVENTS = {
  beginning: 'beginning',
  snapshot: 'snapshot',
  signedOut: 'signed-out',
  stopping: 'stopping',
} as const;
