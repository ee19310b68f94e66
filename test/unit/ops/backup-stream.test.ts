/** A sealed backup: whatever is done to it on its way, it opens whole or it is refused. */

import { describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { backupKey, WrongCall } from '#ops/backup/places.ts';
import { type BackupRecord, decodeRecords, encodeRecords } from '#ops/backup/records.ts';
import { BackupBroken, openStream, sealStream } from '#ops/backup/sealed-stream.ts';

const KEY = randomBytes(32).toString('hex');
const HEAD = 40;
const PIECE = 64 * 1024 + 16;

async function* inBits(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts);
}

const seal = (plain: Uint8Array, bits = 1_000) => all(sealStream(KEY, inBits(plain, bits)));
const open = (sealed: Uint8Array, key = KEY, bits = 7_777) => all(openStream(key, inBits(sealed, bits)));

describe('a sealed stream', () => {
  test('opens to what was sealed, at every length around a piece', async () => {
    for (const length of [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000]) {
      const plain = randomBytes(length);
      expect((await open(await seal(plain, 50_000))).equals(plain)).toBe(true);
    }
  });

  const plain = randomBytes(200_000);
  const pieceOf = (sealed: Buffer, index: number) =>
    sealed.subarray(HEAD + index * PIECE, HEAD + (index + 1) * PIECE);

  const attacks: readonly [string, (sealed: Buffer) => Uint8Array][] = [
    ['a bit changed', (sealed) => sealed.map((byte, at) => (at === 100_000 ? byte ^ 1 : byte))],
    ['a bit of the salt changed', (sealed) => sealed.map((byte, at) => (at === 20 ? byte ^ 1 : byte))],
    ['its end cut off', (sealed) => sealed.subarray(0, -1)],
    ['whole pieces cut off its end', (sealed) => sealed.subarray(0, HEAD + 2 * PIECE)],
    ['all but its head cut off', (sealed) => sealed.subarray(0, HEAD)],
    [
      'two pieces exchanged',
      (sealed) =>
        Buffer.concat([
          ...[sealed.subarray(0, HEAD), pieceOf(sealed, 1), pieceOf(sealed, 0)],
          sealed.subarray(HEAD + 2 * PIECE),
        ]),
    ],
    [
      'a piece left out',
      (sealed) => Buffer.concat([sealed.subarray(0, HEAD), sealed.subarray(HEAD + PIECE)]),
    ],
    ['a piece twice', (sealed) => Buffer.concat([sealed.subarray(0, HEAD + PIECE), sealed.subarray(HEAD)])],
    ['something after its end', (sealed) => Buffer.concat([sealed, Buffer.from('more')])],
    ['nothing in it', () => new Uint8Array()],
    ['something else in its place', () => randomBytes(500)],
  ];
  for (const [name, attack] of attacks) {
    test(`with ${name} is refused`, async () => {
      await expect(open(attack(await seal(plain)))).rejects.toThrow(BackupBroken);
    });
  }

  test('is refused under another key', async () => {
    await expect(open(await seal(plain), randomBytes(32).toString('hex'))).rejects.toThrow(BackupBroken);
  });

  test('hands out nothing of a piece that was changed', async () => {
    const sealed = await seal(plain);
    sealed[HEAD + PIECE + 5] = (sealed[HEAD + PIECE + 5] ?? 0) ^ 1;
    let got = 0;
    const reading = (async () => {
      for await (const some of openStream(KEY, inBits(sealed, 999))) got += some.length;
    })();
    await expect(reading).rejects.toThrow(BackupBroken);
    expect(got).toBe(65_536);
  });
});

async function* given(records: readonly BackupRecord[]): AsyncGenerator<BackupRecord> {
  yield* records;
}

const END: BackupRecord = { kind: 'end' };
const ROWS: BackupRecord = { kind: 'rows', bytes: Buffer.from('1\ta\n') };

describe('records', () => {
  test('come back as they were, however the bytes are cut', async () => {
    const records = [{ kind: 'table', table: 't', columns: ['a'] } as const, ROWS, END];
    const bytes = await all(encodeRecords(given(records)));
    for (const size of [1, 3, 1_000]) {
      const back: BackupRecord[] = [];
      for await (const record of decodeRecords(inBits(bytes, size))) back.push(record);
      expect(JSON.stringify(back)).toBe(JSON.stringify(records));
    }
  });

  test('without an end, after it, or of no kind are refused', async () => {
    const read = async (bytes: Uint8Array) => {
      for await (const _ of decodeRecords(inBits(bytes, 10)));
    };
    await expect(read(await all(encodeRecords(given([ROWS]))))).rejects.toThrow(BackupBroken);
    await expect(read(await all(encodeRecords(given([END, ROWS]))))).rejects.toThrow(BackupBroken);
    await expect(read(Buffer.from([99, 0, 0, 0, 0]))).rejects.toThrow(BackupBroken);
  });
});

test('a shop that does not run from here is never backed up under a key that is made here', async () => {
  const named = 'postgres://hotshelf_backup@db.example.com/shop';
  await expect(backupKey({}, named)).rejects.toThrow(WrongCall);
  await expect(backupKey({ BACKUP_KEY: '' }, named)).rejects.toThrow('BACKUP_KEY is missing');
  expect(await backupKey({ BACKUP_KEY: KEY }, named)).toBe(KEY);
});
