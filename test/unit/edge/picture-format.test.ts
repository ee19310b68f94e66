import { expect, test } from 'bun:test';
import { acceptedFormat, leavesFormatOpen } from '#edge/cache/picture-format.ts';

test.each([
  ['image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8', 'avif'],
  ['image/webp,image/avif', 'avif'],
  ['IMAGE/AVIF ;q=0.5', 'avif'],
  ['image/png,image/svg+xml,image/*;q=0.8,image/webp;q=0.001,*/*;q=0.5', 'webp'],
  ['image/avif;q=0,image/webp', 'webp'],
  ['image/avif;q=0.000,image/webp;q=0', 'original'],
  ['image/*,*/*', 'original'],
  ['text/html;image/avif', 'original'],
  ['image/avifs', 'original'],
  ['', 'original'],
  [null, 'original'],
])('%p takes %p', (accept, format) => {
  expect(acceptedFormat(accept)).toBe(format as ReturnType<typeof acceptedFormat>);
});

test('a format is chosen for a picture at a width only, and never against the client', () => {
  expect(leavesFormatOpen('w=320')).toBeTrue();
  expect(leavesFormatOpen('utm_source=mail&w=320')).toBeTrue();
  expect(leavesFormatOpen('')).toBeFalse();
  expect(leavesFormatOpen('w=320&format=original')).toBeFalse();
  expect(leavesFormatOpen('w=320&format=')).toBeFalse();
});
