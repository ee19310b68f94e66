/**
 * Which format a client gets that asks for a picture and names none. `Accept` itself goes no further than here: what
 * the origin sees of it, and what stands in the key, is one of three words.
 */

type PictureFormat = 'avif' | 'webp' | 'original';

/** As it is, a picture has the one format that it has. */
export function leavesFormatOpen(rawQuery: string): boolean {
  const query = new URLSearchParams(rawQuery);
  return query.has('w') && !query.has('format');
}

/** The smaller one first. Who takes anything says nothing of the formats that not everyone can show. */
export function acceptedFormat(accept: string | null): PictureFormat {
  const named = (accept ?? '').toLowerCase().split(',').map(parse);
  const takes = (type: string) => named.some((each) => each.type === type && !each.isRefused);
  if (takes('image/avif')) return 'avif';
  return takes('image/webp') ? 'webp' : 'original';
}

function parse(item: string): { readonly type: string; readonly isRefused: boolean } {
  const [type = '', ...parameters] = item.split(';').map((part) => part.trim());
  return { type, isRefused: parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter)) };
}
