/** What one client says of the pictures that it takes is in no other's answer, and fills nothing but its own key. */

import { describe } from 'bun:test';
import { isMarked, type Names, openProbes } from '#test/support/probes.ts';

const probe = openProbes();

describe('what one client says of pictures is in no other’s', () => {
  const target = ({ id }: Names) => `/media/answers-picture-probe-${id}.jpg`;
  const plain = (names: Names) => ({ target: `${target(names)}?w=320` });
  const headers: Readonly<Record<string, (mark: string) => string>> = {
    accept: (mark) => `image/avif;${mark}, image/webp`,
    'accept-encoding': (mark) => mark,
    'user-agent': (mark) => mark,
    'sec-ch-dpr': (mark) => mark,
    'sec-ch-width': (mark) => mark,
    'save-data': (mark) => mark,
    'x-forwarded-host': (mark) => mark,
    cookie: (mark) => `session=${mark}`,
    authorization: (mark) => `Bearer ${mark}`,
  };
  for (const [name, value] of Object.entries(headers)) {
    const first = (names: Names) => ({ ...plain(names), headers: { [name]: value(names.mark) } });
    probe(`${name} of a picture at a width`, { first, second: plain, hasFinding: isMarked });
  }
  probe('a format that the next client does not take', {
    first: (names) => ({ ...plain(names), headers: { accept: 'image/avif' } }),
    second: (names) => ({ ...plain(names), headers: { accept: 'image/png' } }),
    hasFinding: (_names, _first, second) => second.includes('avif'),
  });
  const tricks: Readonly<Record<string, string>> = {
    'a format that nobody declares': 'w=320&format=MARK',
    'a width that nobody declares': 'w=MARK',
    'a second width': 'w=320&w=MARK',
    'another parameter': 'w=320&h=MARK',
    'a tracking parameter': 'w=320&utm_source=MARK',
    'a parameter behind a semicolon': 'w=320;format=MARK',
  };
  for (const [what, query] of Object.entries(tricks)) {
    probe(`${what} of a picture`, {
      first: (names) => ({ target: `${target(names)}?${query.replace('MARK', names.mark)}` }),
      second: plain,
      hasFinding: isMarked,
      isForwardingFine: true,
    });
  }
});
