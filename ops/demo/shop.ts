/** A small client of the shop's API: JSON, a token, and patience where the shop asks for it. */

export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
  /** The shop's own word for it, where the shop refused something. */
  readonly code: string | null;

  constructor(message: string, code: string | null = null) {
    super(message);
    this.code = code;
  }
}

export interface Answer<Body> {
  readonly body: Body;
  readonly cacheStatus: string;
  readonly milliseconds: string;
}

export interface Shop {
  get<Body>(path: string): Promise<Answer<Body>>;
  post<Body>(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer<Body>>;
  patch<Body>(path: string, body: unknown): Promise<Answer<Body>>;
}

interface Sent {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

const TIMEOUT_MS = 15_000;
const MAX_TRIES = 4;
const TOO_MANY_REQUESTS = 429;
const UNAVAILABLE = 503;
const MS_PER_SECOND = 1_000;

/** As fetch does, within a time. @throws {DemoFailure} where nobody answers */
export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw new DemoFailure(`${init.method ?? 'GET'} ${url}: no answer (${String(error)})`);
  }
}

/** @param accessToken of whoever is logged in; a guest has none */
export function visit(edgeUrl: string, accessToken?: string): Shop {
  const authorization: Record<string, string> =
    accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
  const call = async <Body>(path: string, sent: Sent): Promise<Answer<Body>> => {
    const { method } = sent;
    for (let attempt = 1; ; attempt += 1) {
      const startedAt = performance.now();
      const headers = { ...authorization, ...sent.headers };
      const response = await ask(`${edgeUrl}/api/v1${path}`, { ...sent, headers });
      const text = await response.text();
      const milliseconds = (performance.now() - startedAt).toFixed(1);
      if (response.ok) {
        const cacheStatus = response.headers.get('cache-status') ?? '';
        return { body: JSON.parse(text) as Body, cacheStatus, milliseconds };
      }
      const patient = response.status === TOO_MANY_REQUESTS || response.status === UNAVAILABLE;
      if (!patient || attempt === MAX_TRIES) {
        throw new DemoFailure(`${method} ${path}: ${response.status} ${text}`, codeIn(text));
      }
      await waitFor(response);
    }
  };
  return {
    get: (path) => call(path, { method: 'GET', headers: {} }),
    post: (path, body, headers = {}) =>
      call(path, body === undefined ? { method: 'POST', headers } : withBody('POST', body, headers)),
    patch: (path, body) => call(path, withBody('PATCH', body, {})),
  };
}

function withBody(method: Sent['method'], body: unknown, headers: Sent['headers']): Sent {
  return {
    ...{ method, body: JSON.stringify(body) },
    headers: { 'content-type': 'application/json', ...headers },
  };
}

function codeIn(problem: string): string | null {
  try {
    const { code } = JSON.parse(problem) as { readonly code?: unknown };
    return typeof code === 'string' ? code : null;
  } catch {
    return null;
  }
}

async function waitFor({ headers, status }: Response): Promise<void> {
  const seconds = Number(headers.get('retry-after') ?? 1);
  console.log(`           the shop asks for patience (${status}): waiting ${seconds} s`);
  await Bun.sleep(seconds * MS_PER_SECOND);
}

/** Logs in. @throws {DemoFailure} where the account is not there, or wants more than a password */
export async function enter(
  edgeUrl: string,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<Shop> {
  const { body } = await visit(edgeUrl).post<{ accessToken?: string }>('/auth/login', { email, password });
  if (body.accessToken === undefined) throw new DemoFailure(`${email} cannot log in by a password alone`);
  return visit(edgeUrl, body.accessToken);
}

/** At first, and twice as long each time, up to the most: who asks the shop has a budget of requests. */
const POLL_MS = 25;
const MAX_POLL_MS = 400;
const DEADLINE_MS = 30_000;

/**
 * What comes by way of outbox, broker and workers, or by a webhook, may take a moment.
 * @throws {DemoFailure} where it does not come
 */
export async function wait<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const startedAt = performance.now();
  for (let pollMs = POLL_MS; performance.now() - startedAt < DEADLINE_MS; pollMs *= 2) {
    const found = await look();
    if (found !== null) return found;
    await Bun.sleep(Math.min(pollMs, MAX_POLL_MS));
  }
  throw new DemoFailure(`${what} did not come within ${DEADLINE_MS / MS_PER_SECOND} s`);
}
