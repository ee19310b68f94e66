/** Requests that two readers may end in two places: what the one takes for the body, the other takes for a request. */

/** What is hidden behind; nobody may ever be answered it as somebody else. */
export const HIDDEN_PATH = '/health';
const HIDDEN = `GET ${HIDDEN_PATH} HTTP/1.1\r\nHost: shop.test\r\n\r\n`;
const HEX = 16;

const post = (path: string, fields: readonly string[], body: string) =>
  [`POST ${path} HTTP/1.1`, 'Host: shop.test', 'Content-Type: application/json', ...fields, '', body].join(
    '\r\n',
  );

const NO_CHUNK = '0\r\n\r\n';
const length = (text: string) => `Content-Length: ${text.length}`;
const CHUNKED = 'Transfer-Encoding: chunked';

/** By the name of the trick. */
export function smuggled(path: string): Readonly<Record<string, string>> {
  const both = NO_CHUNK + HIDDEN;
  return {
    'CL.TE': post(path, [length(both), CHUNKED], both),
    'TE.CL': post(
      path,
      ['Content-Length: 4', CHUNKED],
      `${HIDDEN.length.toString(HEX)}\r\n${HIDDEN}\r\n${NO_CHUNK}`,
    ),
    'TE.TE, the second unknown': post(path, [CHUNKED, 'Transfer-Encoding: identity'], both),
    'TE.TE, in a list': post(path, ['Transfer-Encoding: chunked, identity'], both),
    'an unknown Transfer-Encoding': post(path, [length(HIDDEN), 'Transfer-Encoding: xchunked'], HIDDEN),
    'Transfer-Encoding with a space before its colon': post(
      path,
      [length(both), 'Transfer-Encoding : chunked'],
      both,
    ),
    'Transfer-Encoding behind a vertical tab': post(
      path,
      [length(both), 'Transfer-Encoding:\x0bchunked'],
      both,
    ),
    'Transfer-Encoding on a folded line': post(path, [length(both), 'Transfer-Encoding:\r\n chunked'], both),
    'Transfer-Encoding behind a bare LF': post(
      path,
      [length(both), 'X: a\nTransfer-Encoding: chunked'],
      both,
    ),
    'Transfer-Encoding behind a bare CR': post(
      path,
      [length(both), 'X: a\rTransfer-Encoding: chunked'],
      both,
    ),
    'two Content-Lengths': post(path, ['Content-Length: 0', length(HIDDEN)], HIDDEN),
    'two Content-Lengths in a list': post(path, [`Content-Length: 0, ${HIDDEN.length}`], HIDDEN),
    'Content-Length with a space before its colon': post(path, [`Content-Length : ${HIDDEN.length}`], HIDDEN),
    'Content-Length with a sign': post(path, [`Content-Length: +${HIDDEN.length}`], HIDDEN),
    'a negative Content-Length': post(path, ['Content-Length: -1'], HIDDEN),
    'a Content-Length in hex': post(path, [`Content-Length: 0x${HIDDEN.length.toString(HEX)}`], HIDDEN),
    'a chunk of a negative size': post(path, [CHUNKED], `-1\r\n${HIDDEN}${NO_CHUNK}`),
    'a chunk whose size overflows': post(path, [CHUNKED], `ffffffffffffffff1\r\n${HIDDEN}${NO_CHUNK}`),
    'a chunk with a size in C’s spelling': post(path, [CHUNKED], `0x2\r\n{}\r\n${NO_CHUNK}${HIDDEN}`),
    'a NUL in a field': post(path, [length(HIDDEN), 'X: a\0b'], HIDDEN),
  };
}
