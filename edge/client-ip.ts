/** Who is calling, as far as the network tells. */

const UNKNOWN_IP = '127.0.0.1';
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const IPV6 = /^(?=.*:)[\da-f:.]{2,45}$/i;

/**
 * The client's address. Cloudflare overwrites `CF-Connecting-IP`; anywhere else a client can send it, so it
 * counts only where the configuration says that Cloudflare is in front.
 */
export function clientIp(headers: Headers, isBehindCloudflare: boolean): string {
  const header = isBehindCloudflare ? headers.get('cf-connecting-ip') : null;
  return header !== null && (IPV4.test(header) || IPV6.test(header)) ? header : UNKNOWN_IP;
}
