/** Debian's scanners as they are pointed at a shop, and what of their reports is a finding. */

import { join } from 'node:path';
import { findRoute } from '#edge/routes.ts';
import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { ScannedRequest } from './scanned-requests.ts';

export interface ScanTarget {
  /** Of the edge, or of whatever stands there. */
  readonly url: string;
  /** For reports; whoever made it takes it away. */
  readonly folder: string;
  readonly requests: readonly ScannedRequest[];
  /** Paths that answer, with their queries. */
  readonly pages: readonly string[];
  readonly words: readonly string[];
}

export interface Scanner {
  readonly name: string;
  /** What it has found, and nothing that is known not to be one. */
  readonly scan: (target: ScanTarget) => Promise<readonly string[]>;
}

const REQUEST_LIMIT_MS = 90 * SECOND_MS;
const TOOL_LIMIT_MS = 4 * MINUTE_MS;
const FIRST_FAULT = 500;
/** Of a word list: what cannot be sent as a path. */
const MOST_MISSED = 0.1;
/** What a path that is not declared is answered with. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404, 405]);
const WAPITI_MODULES =
  'backup,blindsql,buster,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,methods,permanentxss,redirect,shellshock,sql,xss,xxe';
/** Beside it the catalogue is read by shoppers. */
const SLOW_CONNECTIONS = 600;

async function run(command: readonly string[], limitMs: number): Promise<string> {
  const child = Bun.spawn([...command], { stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs });
  const [output, complaints] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  await child.exited;
  return output + complaints;
}

const sqlmap: Scanner = {
  name: 'sqlmap',
  scan: async ({ folder, requests }) => {
    const found: string[] = [];
    for (const { name, text } of requests) {
      const file = join(folder, `${name}.txt`);
      await Bun.write(file, text);
      const skipped = 'user-agent,referer,host,authorization,if-match,idempotency-key';
      const call = [
        ...['sqlmap', '-r', file, '--batch', '--level=2', '--risk=1', '--timeout=10', '--retries=0'],
        ...["--ignore-code='*'", '--dbms=PostgreSQL', '--flush-session', `--skip=${skipped}`],
        `--output-dir=${folder}/sqlmap`,
      ].join(' ');
      // Without a terminal it takes its targets from standard input.
      const report = await run(['script', '-qec', call, '/dev/null'], REQUEST_LIMIT_MS);
      if (/identified the following injection point/.test(report)) found.push(`${name} is injectable`);
      else if (!/all tested parameters do not appear/.test(report)) found.push(`${name} was not tried`);
    }
    return found;
  },
};

const wapiti: Scanner = {
  name: 'wapiti',
  scan: async ({ url, folder, pages }) => {
    const start = join(folder, 'pages.txt');
    const report = join(folder, 'wapiti.json');
    await Bun.write(start, pages.map((page) => `${url}${page}`).join('\n'));
    await run(
      [
        ...[
          'wapiti',
          '-u',
          `${url}/docs/`,
          '-s',
          start,
          '--scope',
          'domain',
          '-m',
          WAPITI_MODULES,
          '-f',
          'json',
        ],
        ...['-o', report, '--flush-session', '--max-scan-time', '150', '--max-attack-time', '40'],
      ],
      TOOL_LIMIT_MS,
    );
    const { vulnerabilities, anomalies } = (await Bun.file(report).json()) as WapitiReport;
    return Object.entries({ ...vulnerabilities, ...anomalies }).flatMap(([kind, all]) =>
      all
        .filter((one) => !isNone(one))
        .map(({ method, path, info }) => `${kind}: ${method} ${path}: ${info}`),
    );
  },
};

interface WapitiFinding {
  readonly method: string;
  readonly path: string;
  readonly info: string;
}

interface WapitiReport {
  readonly vulnerabilities: Readonly<Record<string, readonly WapitiFinding[]>>;
  readonly anomalies: Readonly<Record<string, readonly WapitiFinding[]>>;
}

/**
 * The runtime in front knows no method ABC and says so (501) before anybody is asked; HSTS is for https, which the
 * local edge does not speak; browsers have dropped X-XSS-Protection, and OWASP advises against it.
 */
function isNone({ method, info }: WapitiFinding): boolean {
  return method === 'ABC' || /^(X-XSS-Protection|Strict-Transport-Security) is not set/.test(info);
}

interface FfufReport {
  readonly results: readonly { readonly url: string; readonly status: number }[];
}

const ffuf: Scanner = {
  name: 'ffuf',
  scan: async ({ url, folder, words }) => {
    const list = join(folder, 'words.txt');
    const report = join(folder, 'ffuf.json');
    await Bun.write(list, words.join('\n'));
    await run(
      [...['ffuf', '-s', '-u', `${url}/FUZZ`, '-w', list, '-mc', 'all'], ...['-of', 'json', '-o', report]],
      TOOL_LIMIT_MS,
    );
    const { results } = (await Bun.file(report).json()) as FfufReport;
    const missed = words.length - results.length;
    if (missed > words.length * MOST_MISSED) return [`${missed} of ${words.length} paths were not tried`];
    return results
      .filter(({ status, url: found }) => {
        const isDeclared = findRoute(new URL(found).pathname.replace(/(?<=.)\/$/, '')) !== undefined;
        return status >= FIRST_FAULT || !(isDeclared || REFUSALS.has(status) || found.endsWith('/livez'));
      })
      .map(({ url: found, status }) => `${found} answers ${status}`);
  },
};

const SLOW_MODES: Readonly<Record<string, readonly string[]>> = {
  headers: ['-H', '-t', 'GET'],
  body: ['-B', '-t', 'POST', '-s', '8192'],
  read: ['-X', '-t', 'GET', '-w', '10', '-y', '20', '-n', '5', '-z', '32', '-k', '3'],
};

const slowhttptest: Scanner = {
  name: 'slowhttptest',
  scan: async ({ url, pages: [page = '/'] }) => {
    const found: string[] = [];
    for (const [mode, flags] of Object.entries(SLOW_MODES)) {
      const load = ['-c', String(SLOW_CONNECTIONS), '-r', '200', '-i', '5', '-l', '25', '-p', '3'];
      const attack = run(['slowhttptest', ...flags, ...load, '-u', `${url}${page}`], TOOL_LIMIT_MS);
      const failed = await readsThatFail(`${url}${page}`, attack);
      if (failed > 0) found.push(`slow ${mode}: ${failed} reads of a product failed beside it`);
    }
    return found;
  },
};

/** Reads as a shopper does until the attack has ended. */
async function readsThatFail(url: string, attack: Promise<unknown>): Promise<number> {
  let isOver = false;
  let failed = 0;
  const reading = (async () => {
    while (!isOver) {
      const answer = await fetch(url, { signal: AbortSignal.timeout(5 * SECOND_MS) }).catch(() => null);
      await answer?.bytes();
      if (answer?.status !== 200) failed += 1;
      await Bun.sleep(20);
    }
  })();
  await attack;
  isOver = true;
  await reading;
  return failed;
}

export const SCANNERS: readonly Scanner[] = [sqlmap, wapiti, ffuf, slowhttptest];
