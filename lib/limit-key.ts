/** What limits by address count. */

const MAPPED_IPV4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;
const IPV6_GROUPS = 8;
const NETWORK_GROUPS = 4;

/** Stands for the address of what no client has asked for. */
export const NOWHERE = 'nowhere';

/** The address, or for IPv6 its /64, which is what one household or server is given. */
export function limitKey(ip: string): string {
  const mapped = MAPPED_IPV4.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  if (!ip.includes(':')) return ip;
  const [head = '', tail] = ip.toLowerCase().split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  const zeros = Math.max(0, IPV6_GROUPS - left.length - right.length);
  const groups = tail === undefined ? left : [...left, ...new Array<string>(zeros).fill('0'), ...right];
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${network.join(':')}::/64`;
}
