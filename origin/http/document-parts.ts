/** Parts of an OpenAPI document. */

/**
 * What is at the path of names, with every reference within the document (`#/components/...`) replaced by what it
 * points at; undefined where there is nothing. References do not go round in circles: ours are of answers and headers.
 *
 * Swagger UI gets the text of this function, which therefore stands by itself. Its own resolver goes through all of
 * an OpenAPI 3.1 document for each operation that is opened, which takes seconds (swagger-api/swagger-ui 10748).
 */
export function partOf(document: unknown, path: readonly string[]): unknown {
  const at = (names: readonly string[]) => {
    let found: unknown = document;
    for (const name of names) found = (found as Record<string, unknown> | undefined)?.[name];
    return found;
  };
  const resolved = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(resolved);
    if (part === null || typeof part !== 'object') return part;
    if ('$ref' in part && typeof part.$ref === 'string') return resolved(at(part.$ref.split('/').slice(1)));
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, resolved(value)]));
  };
  return resolved(at(path));
}
