/**
 * What the edge lets through at all, and what it lets the cache store. Closed by default: a path that no line
 * here declares is answered 404 without reaching the origin.
 */

import type { Budget } from './env.ts';

/** A public read: the same for every shopper, so credentials are ignored and the answer may be shared. */
export interface CatalogRead {
  /** The parameters that make the key, in the key's order. */
  readonly query: readonly string[];
  /** A stored answer's content type starts with this; anything else is passed on but never stored. */
  readonly contentType: string;
  /** Pictures: a client that leaves `format` open gets the best that its `Accept` names. */
  readonly hasFormats?: boolean;
}

export interface DeclaredRoute {
  /** Matched against the whole canonical path. */
  readonly path: RegExp;
  readonly methods: readonly string[];
  /** Whose requests are counted: `shopper` is `signedIn` with a bearer token and `anonymous` without. */
  readonly budget: Budget | 'shopper';
  /** Whether a browser's session cookie goes on to the origin; no other cookie ever does. */
  readonly takesSession?: boolean;
  /** Its POST takes an Idempotency-Key, and is carried out once however often it comes with the same one. */
  readonly takesKey?: boolean;
  /** Pictures: pages of any site may show them. */
  readonly isForAllSites?: boolean;
  /** How GET and HEAD are cached, where the answers are public. */
  readonly catalog?: CatalogRead;
}

const READ = ['GET', 'HEAD'] as const;
const API = [...READ, 'POST', 'PATCH', 'DELETE'] as const;
const LIST_QUERY = ['category', 'minPrice', 'maxPrice', 'currency', 'sort', 'limit', 'cursor'] as const;
const JSON_TYPE = 'application/json';

function json(...query: readonly string[]): CatalogRead {
  return { query, contentType: JSON_TYPE };
}

function files(path: RegExp, contentType: string): DeclaredRoute {
  return { path, methods: READ, budget: 'catalogMiss', catalog: { query: [], contentType } };
}

/** The first line that matches decides. */
const ROUTES: readonly DeclaredRoute[] = [
  {
    path: /^\/api\/v1\/products$/,
    methods: API,
    budget: 'shopper',
    catalog: json(...LIST_QUERY, 'attribute'),
  },
  { path: /^\/api\/v1\/products\/[^/]+$/, methods: API, budget: 'shopper', catalog: json('currency') },
  {
    path: /^\/api\/v1\/products\/[^/]+\/recommendations$/,
    methods: READ,
    budget: 'catalogMiss',
    catalog: json('limit'),
  },
  {
    path: /^\/api\/v1\/products\/[^/]+\/reviews$/,
    methods: READ,
    budget: 'catalogMiss',
    catalog: json('sort', 'rating', 'limit', 'cursor'),
  },
  { path: /^\/api\/v1\/products\/[^/]+\/related$/, methods: READ, budget: 'catalogMiss', catalog: json() },
  { path: /^\/api\/v1\/categories$/, methods: API, budget: 'shopper', catalog: json() },
  {
    path: /^\/api\/v1\/search$/,
    methods: READ,
    budget: 'searchMiss',
    catalog: json('q', ...LIST_QUERY, 'facets', 'vendor', 'option', 'available'),
  },
  { path: /^\/api\/v1\/search\/suggest$/, methods: READ, budget: 'searchMiss', catalog: json('q') },
  {
    path: /^\/api\/v1\/trending$/,
    methods: READ,
    budget: 'catalogMiss',
    catalog: json('category', 'currency', 'limit'),
  },
  {
    path: /^\/media\/.+$/,
    methods: READ,
    budget: 'catalogMiss',
    isForAllSites: true,
    catalog: { query: ['w', 'format'], contentType: 'image/', hasFormats: true },
  },
  files(/^\/docs\/assets\/[^/]+\.css$/, 'text/css'),
  files(/^\/docs\/assets\/[^/]+\.js$/, 'text/javascript'),
  files(/^\/docs\/assets\/[^/]+\.png$/, 'image/png'),
  // Counted as anonymous whatever token is shown: a junk bearer opens no door to password guessing.
  { path: /^\/api\/v1\/auth\/.+$/, methods: API, budget: 'anonymous', takesSession: true },
  // Stripe calls from few addresses and retries: it shares no budget with shoppers.
  { path: /^\/api\/v1\/webhooks\/stripe$/, methods: ['POST'], budget: 'webhook' },
  {
    path: /^\/api\/v1\/(checkout|orders\/[^/]+\/(refunds|cancel|edits)|inventory\/adjustments|merchant\/products\/changes)$/,
    methods: API,
    budget: 'shopper',
    takesKey: true,
  },
  // Its body is large: asked by another method it is refused before one is read.
  { path: /^\/api\/v1\/media$/, methods: ['POST'], budget: 'shopper' },
  { path: /^\/api\/v1\/.+$/, methods: API, budget: 'shopper' },
  { path: /^\/docs(\/.*)?$/, methods: READ, budget: 'catalogMiss' },
  { path: /^\/health$/, methods: READ, budget: 'catalogMiss' },
  { path: /^\/\.well-known\/jwks\.json$/, methods: READ, budget: 'catalogMiss' },
];

export function findRoute(path: string): DeclaredRoute | undefined {
  return ROUTES.find((route) => route.path.test(path));
}

/** How this request may be cached; null when it is no public read. */
export function catalogReadOf(route: DeclaredRoute, method: string): CatalogRead | null {
  return (READ as readonly string[]).includes(method) ? (route.catalog ?? null) : null;
}
