/**
 * What edge and origin agree on beyond HTTP: the headers that only the edge may set, the purge call, and the
 * tags. The edge deletes each of these headers from what a client sends.
 */

/** Proves that a request came through the edge, and when; see `edge-proof.ts`. */
export const EDGE_PROOF_HEADER = 'x-hotshelf-edge-proof';

/** The shopper's IP address as Cloudflare saw it. Worth something only where the proof covers it. */
export const CLIENT_IP_HEADER = 'x-hotshelf-client-ip';

/** One id per request, made by the edge, echoed to the client and carried by every log line. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** How long the edge waits for the answer, in milliseconds; part of the proof where it is for a client. */
export const TIME_LEFT_HEADER = 'x-hotshelf-time-left';

/** RFC 9530: what the body was when it passed the edge; part of the proof. */
export const BODY_DIGEST_HEADER = 'content-digest';

/** A guest's proof that the cart (and the order it became) is theirs. */
export const CART_TOKEN_HEADER = 'cart-token';

/**
 * A browser's refresh token. The prefix binds it to this very host, over TLS: no sibling domain can plant one.
 * The edge takes it to the origin on the routes of sign-in only.
 */
export const SESSION_COOKIE = '__Host-hotshelf-session';

/** `cookie`: the refresh token is to come, or comes, in {@link SESSION_COOKIE} and not in a body. */
export const SESSION_TRANSPORT_HEADER = 'session-transport';

/**
 * The surrogate keys again: Cloudflare takes `Cache-Tag` away before a Worker sees the answer.
 * https://developers.cloudflare.com/cache/how-to/purge-cache/purge-by-tags/
 */
export const CACHE_TAG_HEADER = 'x-hotshelf-cache-tag';

/** On any answer of an origin that is about to stop: the next call goes to another one. */
export const DRAINING_HEADER = 'x-hotshelf-draining';

/** On a 503 by which an origin refuses a call before anything of it has begun: another one may be asked, for writes too. */
export const NOT_BEGUN_HEADER = 'x-hotshelf-not-begun';

/** `POST` with `Authorization: Bearer <purge secret>` and {@link PurgeRequest} as JSON; answers 204. */
export const PURGE_PATH = '/__edge/purge';

/** `GET` with `Authorization: Bearer <metrics token>`: what the isolate has counted that answers. */
export const EDGE_METRICS_PATH = '/__edge/metrics';
/** On every series of them: which isolate that was. */
export const ISOLATE_LABEL = 'isolate';

/** `POST ?token=` from a mail program, whose body says `List-Unsubscribe=One-Click` and is not read (RFC 8058). */
export const STOP_NOTICES_PATH = '/api/v1/stock-notices/stop';
/** The same for reminders of carts. */
export const STOP_REMINDERS_PATH = '/api/v1/cart-reminders/stop';

export interface PurgeRequest {
  readonly tags: readonly string[];
}

/** As Cloudflare's purge API allows in one call, https://developers.cloudflare.com/cache/how-to/purge-cache/ */
export const MAX_PURGE_TAGS = 30;

/** Bodies above this are refused with 413, at the edge and again at the origin. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** Where pictures are sent to, as they are: the one body that is no JSON, and may be larger than others. */
export const UPLOAD_PATH = '/api/v1/media';
export const MAX_PICTURE_BYTES = 8 * 1024 * 1024;

/** What the body of a request there may weigh. */
export function maxBodyBytes(path: string): number {
  return path === UPLOAD_PATH ? MAX_PICTURE_BYTES : MAX_BODY_BYTES;
}

/** Surrogate keys, sent by the origin in `Cache-Tag`. */
export const CACHE_TAGS = {
  /** Every list, search and category answer: what any product's change may alter. */
  lists: 'product-lists',
  categories: 'categories',
  product: (productId: string) => `product-${productId}`,
  /** The pages of its published reviews. */
  reviews: (productId: string) => `reviews-${productId}`,
  /** Every answer with prices in a currency that is not the shop's own. */
  currency: (code: string) => `currency-${code}`,
} as const;

/**
 * What a purge of these condemns is out of date and no more: where the origin gives no answer, it is shown still, marked.
 * A purge by any other tag is for good, for it may mean that something is not to be seen again: a product that was
 * withdrawn, a review that was rejected or erased, a currency that is sold in no more.
 */
export const OUTDATING_TAGS: readonly string[] = [CACHE_TAGS.lists, CACHE_TAGS.categories];
