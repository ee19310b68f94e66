/** The answer to `Cache-Control: only-if-cached` when nothing usable is stored (RFC 9111 §5.2.1.7). */

const GATEWAY_TIMEOUT = 504;

export function onlyIfCachedFailed(): Response {
  return new Response(null, { status: GATEWAY_TIMEOUT, headers: { 'cache-control': 'no-store' } });
}
