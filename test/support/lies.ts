/** What Stripe and the mail catcher say, with what a test makes of it: an item changed, hidden or added. */

/** By the kind of the items: `payment_intents`, `charges`, `refunds`, `disputes`, `mails`. */
export type Lie = (kind: string, items: readonly Item[]) => readonly Item[];

// biome-ignore lint/suspicious/noExplicitAny: a lie reads and changes items by the shape that it expects.
export type Item = Record<string, any>;

export interface Liar {
  readonly url: string;
  /** From then on; null tells the truth again. */
  tell(lie: Lie | null): void;
  stop(): Promise<void>;
}

const TIMEOUT_MS = 10_000;

/** Lists of one page; what is added is on the first. */
export function liarBefore(targetUrl: string): Liar {
  let lie: Lie | null = null;
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const authorization = request.headers.get('authorization');
      const response = await fetch(targetUrl + pathname + search, {
        headers: authorization === null ? {} : { authorization },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const body = (await response.json()) as Item;
      if (lie === null || !response.ok) return Response.json(body, { status: response.status });
      return pathname === '/message-index'
        ? Response.json({ ...body, items: lie('mails', body['items']) })
        : Response.json({ ...body, data: lie(pathname.replace('/v1/', ''), body['data']) });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    tell: (next) => {
      lie = next;
    },
    stop: () => server.stop(true),
  };
}
