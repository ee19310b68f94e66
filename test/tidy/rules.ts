/** The architecture's tables as data: what tidy.test.ts holds the tree against. Paths are globs from the root. */

/** What lies at the top of the repository, and nothing else. */
export const TOP_LEVEL: readonly string[] = [
  ...['origin', 'edge', 'workers', 'db', 'bench', 'test', 'lib', 'ops', '.ci'],
  ...['package.json', 'bunfig.toml', 'tsconfig.json', 'biome.json', 'bun.lock', 'compose.yaml'],
  ...['README.md', 'LICENSE', '.gitignore'],
];

export interface Room {
  /** The files of the repository that the room may import. */
  readonly paths: readonly string[];
  /** The packages that it may import; absent where only {@link HOMES} decides. */
  readonly packages?: readonly string[];
  /** Modules of the runtime (`node:`, `bun:`, `cloudflare:`) that it may import, as globs. */
  readonly builtins: readonly string[];
  /** Globals of a runtime that its code may not name. */
  readonly withoutGlobals?: readonly string[];
}

const BUN_AND_NODE = ['bun', 'bun:*', 'node:**'];
const ANYTHING: Room = { paths: ['**'], builtins: BUN_AND_NODE };

/** Who may import whom, by the first folder of the importing file; type imports count. */
export const ROOMS: Readonly<Record<string, Room>> = {
  lib: {
    paths: ['lib/**'],
    packages: ['@sinclair/typebox', 'cockatiel'],
    builtins: [],
    withoutGlobals: ['Bun', 'process', 'Buffer', 'require', '__dirname', '__filename', 'caches'],
  },
  db: {
    paths: ['db/**', 'lib/**'],
    packages: ['drizzle-orm', 'drizzle-kit', 'postgres', 'csv-parse', 'sanitize-html', '@sinclair/typebox'],
    builtins: BUN_AND_NODE,
  },
  origin: { paths: ['origin/**', 'db/**', 'lib/**'], builtins: BUN_AND_NODE },
  workers: {
    paths: ['workers/**', 'origin/*/service.ts', 'origin/deps.ts', 'db/**', 'lib/**'],
    builtins: BUN_AND_NODE,
  },
  edge: {
    paths: ['edge/**', 'lib/**'],
    // TypeBox, because lib/config.ts takes the schema of its variables from its caller.
    packages: ['hono', '@sinclair/typebox'],
    builtins: ['cloudflare:workers'],
    withoutGlobals: ['Bun', 'process', 'Buffer', 'require', '__dirname', '__filename'],
  },
  ops: ANYTHING,
  bench: ANYTHING,
  test: ANYTHING,
};

/** Folders of origin/ that every feature shares; any other folder there is a feature. */
export const SHARED_IN_ORIGIN: readonly string[] = ['http', 'adapters', 'cache'];

/** A feature is entered by these files only... */
export const FEATURE_DOORS: readonly string[] = ['service.ts'];

/** ...save by the two files that put the process together. */
export const COMPOSITION: readonly { readonly from: string; readonly to: string }[] = [
  { from: 'origin/app.ts', to: 'origin/*/routes.ts' },
  { from: 'origin/deps.ts', to: 'origin/*/*.ts' },
  { from: 'origin/shop-policies.ts', to: 'origin/*/*.ts' },
];

export interface Home {
  readonly packages: readonly string[];
  readonly files: readonly string[];
  /** The package has one adapter: no more than so many files may import it. */
  readonly maxFiles?: number;
}

/** Where a package may be imported; rooms that may import anything are free of it. */
export const HOMES: readonly Home[] = [
  { packages: ['hono'], files: ['edge/**'] },
  {
    packages: ['elysia', '@elysiajs/jwt', '@elysiajs/swagger'],
    files: ['origin/app.ts', 'origin/http/**', 'origin/*/*routes.ts', 'origin/*/*model.ts'],
  },
  { packages: ['jose'], files: ['origin/http/access-tokens.ts'] },
  { packages: ['drizzle-orm'], files: ['db/**', 'origin/*/*store.ts'] },
  { packages: ['postgres'], files: ['db/**'] },
  { packages: ['stripe'], files: ['origin/payments/stripe*.ts'] },
  {
    packages: ['ioredis', 'rate-limiter-flexible'],
    files: [
      ...['redis', 'limiter', 'login-throttle'].map((name) => `origin/adapters/${name}.ts`),
      'origin/deps.ts',
    ],
  },
  { packages: ['nats'], files: ['origin/adapters/nats*.ts', 'origin/deps.ts'] },
  { packages: ['nodemailer'], files: ['workers/**'], maxFiles: 1 },
  { packages: ['standardwebhooks'], files: ['origin/webhook-endpoints/signing.ts'] },
  { packages: ['ipaddr.js'], files: ['origin/adapters/outbound.ts'] },
  { packages: ['iso-3166'], files: ['origin/pricing/subdivisions.ts'] },
  { packages: ['otpauth'], files: ['origin/second-factor/totp.ts'] },
  { packages: ['@zxcvbn-ts/language-common'], files: ['origin/credentials/password-rules.ts'] },
  { packages: ['csv-parse'], files: ['db/import/**'] },
  { packages: ['sharp'], files: ['origin/media/resize-main.ts'] },
  { packages: ['pdfkit'], files: ['origin/documents/pdf.ts'] },
  { packages: ['swagger-ui-dist'], files: ['origin/http/**'] },
  { packages: ['uplot'], files: ['origin/console/page/plots.ts'] },
];

/** Words that say nothing about what a file holds; no part of a path may be one. */
export const EMPTY_NAMES: readonly string[] = ['util', 'utils', 'helper', 'helpers', 'common', 'misc'];
export const FORBIDDEN_FILES: readonly string[] = ['index.ts', 'index.js', 'index.mjs'];

export const CODE_FILES = '**/*.{ts,mjs,js}';
export const MAX_FILE_LINES = 300;

/** Tools that demand a default export; everything else is exported by its name. */
export const DEFAULT_EXPORTS: readonly string[] = ['edge/worker.ts', 'ops/edge/**', '**/*.config.ts'];

/** Files that a tool writes: their size is not ours. */
export const GENERATED: readonly string[] = ['db/migrations/**', 'bun.lock', '**/*.d.ts'];

/** What belongs to one machine or one network, and so to no file of the repository. */
export const MACHINE_TEXT: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'a path of one machine', pattern: /(?<![\w./:@-])\/(?:root|work|(?:home|Users)\/[\w.-]+)(?=\/)/ },
  {
    what: 'the host of a package registry',
    pattern:
      /\b(?:registry\.(?!example\b|test\.ts\b)[a-z0-9-]+\.[a-z]{2,}|npm\.pkg\.github\.com|[\w.-]*artifactory[\w-]*\.)/i,
  },
];

/** Ways to leave a test out without anyone noticing. `skipIf` stays: it says on what it depends. */
export const LEFT_OUT = {
  callers: ['test', 'it', 'describe', 'concurrent', 'serial', 'failing'],
  members: ['only', 'skip', 'todo'],
  names: ['xtest', 'xit', 'xdescribe', 'fit', 'fdescribe'],
} as const;

/** Where times and retries of dependencies stand, and whose code must not have its own. */
export const POLICY_TABLE = {
  file: 'lib/policies.ts',
  for: ['lib/**', 'db/*.ts', 'origin/**', 'edge/**', 'workers/**'],
} as const;

/** Times of a process's own, or of work that the database does for nobody who waits. */
export const OWN_TIMES: Readonly<Record<string, readonly string[]>> = {
  'origin/main.ts': ['IDLE_TIMEOUT_SECONDS'],
  'workers/main.ts': ['DRAIN_TIMEOUT_MS'],
  'origin/health/probes.ts': ['CHECK_TIMEOUT_MS'],
  // Looks at what may be down, for nobody who buys.
  'origin/console/targets.ts': ['ASK_TIMEOUT_MS'],
  'origin/adapters/span-exporter.ts': ['CLOSE_TIMEOUT_MS'],
  // Our own children.
  'origin/media/resizer.ts': ['TIMEOUT_MS'],
  'origin/accounts/hasher.ts': ['TIMEOUT_MS'],
  'origin/documents/printer.ts': ['TIMEOUT_MS'],
  // What one search may spend of its role's time.
  'origin/search/postgres-engine.ts': ['statementTimeoutMs'],
  'db/search-index.ts': ['BATCH_TIMEOUT_MS', 'REFRESH_TIMEOUT_MS'],
  'db/search-source.ts': ['COMPARE_TIMEOUT_MS'],
  'db/roles.ts': ['CLOSE_TIMEOUT_SECONDS'],
  'db/migrate.ts': ['CLOSE_TIMEOUT_SECONDS'],
};
