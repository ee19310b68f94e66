/** `Cache-Control` (RFC 9111 §5.2) and `CDN-Cache-Control` (RFC 9213) as maps of directives. */

/** By name in lower case; a directive without a value is ''. */
export type Directives = ReadonlyMap<string, string>;

/** As RFC 9111 §1.2.2 bids for what is larger than can be counted. */
const MAX_DELTA_SECONDS = 2 ** 31;

const DIRECTIVE = /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g;

/** A directive that comes twice counts as it came first. */
export function parseDirectives(header: string | null): Directives {
  const directives = new Map<string, string>();
  for (const [, name = '', quoted, token] of (header ?? '').matchAll(DIRECTIVE)) {
    const key = name.toLowerCase();
    if (!directives.has(key)) directives.set(key, quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
  }
  return directives;
}

const TOKEN = String.raw`[A-Za-z*][\w!#$%&'*+.^\x60|~:/-]*`;
const STRING = String.raw`"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"`;
const BARE_ITEM = String.raw`-?\d{1,15}(?:\.\d{1,3})?|${STRING}|${TOKEN}|\?[01]|:[A-Za-z\d+/=]*:`;
const KEY = String.raw`[a-z*][a-z\d_.*-]*`;
const MEMBER = new RegExp(`^(${KEY})(?:=(${BARE_ITEM}))?(?:; *${KEY}(?:=(?:${BARE_ITEM}))?)*$`);
const IN_SECONDS = ['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'];

/** Null when it is no Structured Fields dictionary of known types: such a field is ignored as a whole. */
export function parseTargeted(header: string | null): Directives | null {
  const members = splitMembers(header ?? '');
  const directives = new Map<string, string>();
  for (const member of members) {
    const [, name = '', value = ''] = MEMBER.exec(member) ?? [];
    if (name === '' || (IN_SECONDS.includes(name) && !/^-?\d+$/.test(value))) return null;
    if (value === '?0') directives.delete(name);
    else directives.set(name, value === '?1' ? '' : value.replace(/^"|"$/g, ''));
  }
  return directives.size === 0 ? null : directives;
}

/** At the commas that stand outside of quotes. */
function splitMembers(header: string): readonly string[] {
  return header.match(/(?:"(?:\\.|[^"\\])*"|[^,])+/g)?.map((member) => member.trim()) ?? [];
}

/** Delta-seconds; null for anything else, be it a sign, a fraction or a unit. */
export function seconds(value: string | undefined): number | null {
  return value !== undefined && /^\d+$/.test(value) ? Math.min(Number(value), MAX_DELTA_SECONDS) : null;
}

/** The header fields that a directive such as `no-cache="set-cookie"` names; none for a bare one. */
export function namedFields(value: string | undefined): readonly string[] {
  return (value ?? '').split(',').flatMap((name) => name.trim().toLowerCase() || []);
}
