/** Documents as a test reads them: fetched over HTTP, and the text of what `origin/documents/pdf.ts` has put on them. */

import { inflateSync } from 'node:zlib';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import { asEdge, type Reachable } from './origin.ts';
import type { Owner } from './shopping.ts';

export interface FetchedFile {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

export async function fetchFile(shop: Reachable, path: string, owner: Owner): Promise<FetchedFile> {
  const [method, url] = ['GET', `http://localhost${path}`];
  const own =
    'token' in owner ? { authorization: `Bearer ${owner.token}` } : { [CART_TOKEN_HEADER]: owner.cartToken };
  const request = new Request(url, { method, headers: asEdge({ method, url, headers: own }) });
  const response = await shop.fetch(request);
  return { status: response.status, headers: response.headers, bytes: await response.bytes() };
}

/** What stands in one line, from left to right, page after page. */
export function linesOfPdf(bytes: Uint8Array): readonly string[] {
  const objects = objectsOf(Buffer.from(bytes).toString('latin1'));
  const fonts = fontsOf(objects);
  return [...objects.values()].flatMap((body) => {
    const content = streamOf(body);
    return content?.includes(' Tf') === true ? linesOfPage(content, fonts) : [];
  });
}

type Decode = (hex: string) => string;

function objectsOf(file: string): ReadonlyMap<string, string> {
  const found = file.matchAll(/(?:^|\n)(\d+) 0 obj\n([\s\S]*?)\nendobj/g);
  return new Map([...found].map(([, id = '', body = '']) => [id, body]));
}

function streamOf(body: string): string | null {
  const [, data] = /stream\r?\n([\s\S]*)\nendstream/.exec(body) ?? [];
  if (data === undefined) return null;
  const bytes = Buffer.from(data, 'latin1');
  return (body.includes('/FlateDecode') ? inflateSync(bytes) : bytes).toString('latin1');
}

/** By the names that pages call them. */
function fontsOf(objects: ReadonlyMap<string, string>): ReadonlyMap<string, Decode> {
  const named = [...objects.values()].flatMap((body) => [...body.matchAll(/\/(F\d+) (\d+) 0 R/g)]);
  return new Map(
    named.map(([, name = '', id = '']) => {
      const [, map = ''] = /\/ToUnicode (\d+) 0 R/.exec(objects.get(id) ?? '') ?? [];
      return [name, decoderOf(streamOf(objects.get(map) ?? '') ?? '')];
    }),
  );
}

/** By the map that readers of the document copy text by. */
function decoderOf(map: string): Decode {
  const texts = new Map<number, string>();
  for (const [, first = '', entries = ''] of map.matchAll(/<(\w+)> <\w+> \[([^\]]*)\]/g)) {
    for (const [index, [, units = '']] of [...entries.matchAll(/<([\w ]*)>/g)].entries()) {
      const hex = units.replaceAll(' ', '').match(/.{4}/g) ?? [];
      const text = String.fromCharCode(...hex.map((unit) => Number.parseInt(unit, 16)));
      texts.set(Number.parseInt(first, 16) + index, text);
    }
  }
  return (hex) => (hex.match(/.{4}/g) ?? []).map((glyph) => texts.get(Number.parseInt(glyph, 16))).join('');
}

function linesOfPage(content: string, fonts: ReadonlyMap<string, Decode>): readonly string[] {
  const placed = new Map<number, { readonly x: number; readonly text: string }[]>();
  let [x, y, decode]: [number, number, Decode] = [0, 0, (hex) => hex];
  const tokens = content.matchAll(/1 0 0 1 (-?[\d.]+) (-?[\d.]+) Tm|\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g);
  for (const [, left, up, font, shown] of tokens) {
    if (left !== undefined) [x, y] = [Number(left), Number(up)];
    else if (font !== undefined) decode = fonts.get(font) ?? decode;
    else {
      const text = [...(shown ?? '').matchAll(/<(\w*)>/g)].map(([, hex = '']) => decode(hex)).join('');
      placed.set(y, [...(placed.get(y) ?? []), { x, text }]);
    }
  }
  const downwards = [...placed.entries()].toSorted(([a], [b]) => b - a);
  return downwards.map(([, parts]) =>
    parts
      .toSorted((one, other) => one.x - other.x)
      .map(({ text }) => text)
      .join(' '),
  );
}
