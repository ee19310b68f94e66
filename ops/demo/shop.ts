/** A small client of the shop's API: JSON, a token, and patience where the shop asks for it. */

export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}

export interface Answer<Body> {
  readonly body: Body;
  readonly cacheStatus: string;
  readonly milliseconds: string;
}

export interface Shop {
  get<Body>(path: string): Promise<Answer<Body>>;
  post<Body>(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer<Body>>;
}

const TIMEOUT_MS = 15_000;
const MAX_TRIES = 4;
const TOO_MANY_REQUESTS = 429;
const UNAVAILABLE = 503;
const MS_PER_SECOND = 1_000;

export function visit(edgeUrl: string, accessToken?: string): Shop {
  const authorization = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
  const call = async <Body>(path: string, init: RequestInit): Promise<Answer<Body>> => {
    for (let attempt = 1; ; attempt += 1) {
      const startedAt = performance.now();
      const response = await fetch(`${edgeUrl}/api/v1${path}`, {
        ...init,
        headers: { ...authorization, ...(init.headers as Record<string, string>) },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      const milliseconds = (performance.now() - startedAt).toFixed(1);
      if (response.ok) {
        const cacheStatus = response.headers.get('cache-status') ?? '';
        return { body: JSON.parse(text) as Body, cacheStatus, milliseconds };
      }
      const patient = response.status === TOO_MANY_REQUESTS || response.status === UNAVAILABLE;
      if (!patient || attempt === MAX_TRIES) throw new DemoFailure(`${init.method} ${path}: ${text}`);
      await waitFor(response);
    }
  };
  return {
    get: (path) => call(path, { method: 'GET', headers: {} }),
    post: (path, body, headers = {}) =>
      call(path, {
        method: 'POST',
        headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}

async function waitFor({ headers, status }: Response): Promise<void> {
  const seconds = Number(headers.get('retry-after') ?? 1);
  console.log(`           the shop asks for patience (${status}): waiting ${seconds} s`);
  await Bun.sleep(seconds * MS_PER_SECOND);
}
