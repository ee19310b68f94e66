/** The handle that says which product a row is of. */

import { cell, type Row } from './rows.ts';

export const MAX_HANDLE_CHARACTERS = 255;
const HANDLE = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]{0,254}$/u;

export function handleOf(row: Row): string {
  return cell(row, 'handle').toLowerCase();
}

export function isHandle(text: string): boolean {
  return HANDLE.test(text);
}
