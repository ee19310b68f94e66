/** Which of the answers stored under one key a request selects, by the fields that `Vary` names (RFC 9111 §4.1). */

/** Empty when the answer is the same for all; the same text for requests that select the same answer. */
export function variantOf(vary: string | null, request: Headers): string {
  const names = (vary ?? '').split(',').flatMap((name) => name.trim().toLowerCase() || []);
  const fields = [...new Set(names)].sort().map((name) => [name, normalised(name, request.get(name))]);
  return fields.length === 0 ? '' : JSON.stringify(fields);
}

/** Lists without their white space; languages also without their case and order, which say nothing. */
function normalised(name: string, value: string | null): string | null {
  // A quoted string may hold commas of its own.
  if (value === null || value.includes('"')) return value;
  const items = value.split(',').map((item) => item.trim());
  if (name !== 'accept-language') return items.join(',');
  return items
    .map((item) => item.toLowerCase().replace(/\s/g, ''))
    .sort()
    .join(',');
}
