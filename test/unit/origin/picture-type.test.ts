import { expect, test } from 'bun:test';
import { pictureTypeOf } from '#origin/media/picture-type.ts';

const bytes = (latin1: string) => new Uint8Array(Buffer.from(latin1, 'latin1'));

test('a picture is what its first bytes say', () => {
  expect(pictureTypeOf(bytes('\xff\xd8\xff\xe0\0\x10JFIF'))).toBe('image/jpeg');
  expect(pictureTypeOf(bytes('\x89PNG\r\n\x1a\n\0\0\0\r'))).toBe('image/png');
  expect(pictureTypeOf(bytes('RIFF\n\r\0\0WEBPVP8 '))).toBe('image/webp');
  expect(pictureTypeOf(bytes('\0\0\0 ftypavif\0\0'))).toBe('image/avif');
});

test('anything else has no pixels to work on', () => {
  for (const text of [
    '',
    '<svg xmlns=',
    '<?xml version',
    'GIF89a',
    '%PDF-1.7',
    'II*\0',
    'RIFF....WAVE',
    'RIFF',
  ]) {
    expect(pictureTypeOf(bytes(text))).toBeNull();
  }
  expect(pictureTypeOf(bytes('\0\0\0 ftypheic\0\0'))).toBeNull();
  expect(pictureTypeOf(bytes(' \xff\xd8\xff'))).toBeNull();
});
