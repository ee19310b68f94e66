/**
 * The messages that came in, one `.eml` file each, so that they survive a restart; the newest are kept. Two
 * trace headers, as any last mail server adds them, remember the envelope: `Return-Path` and `Delivered-To`.
 */

import { mkdir, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type ParsedMail, simpleParser } from 'mailparser';
import { present } from '#lib/assert.ts';

export interface CaughtMessage {
  readonly id: string;
  /** The sender and the recipients of the SMTP envelope, hidden copies included. */
  readonly from: string;
  readonly to: readonly string[];
  readonly receivedAt: string;
  readonly subject: string;
  readonly messageId: string | null;
  readonly text: string;
  readonly html: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
}

export interface MessageStore {
  add(envelope: Envelope, raw: Uint8Array): Promise<void>;
  /** Newest first; `to` is one whole address, in any case. */
  list(options: { readonly to?: string; readonly limit: number }): Promise<readonly CaughtMessage[]>;
  get(id: string): Promise<CaughtMessage | null>;
  clear(): Promise<void>;
  count(): number;
}

interface Entry extends Envelope {
  readonly id: string;
}

export const MAX_KEPT_MESSAGES = 1_000;
const EXTENSION = '.eml';
const ID = /^\d{15}-[0-9a-f]{8}$/;
/** The envelope of the most recipients that are taken fits in it many times over. */
const MAX_ENVELOPE_BYTES = 64 * 1024;

/** @throws when the folder cannot be made or read. */
export async function openMessageStore(
  folder: string,
  maxMessages: number = MAX_KEPT_MESSAGES,
): Promise<MessageStore> {
  await mkdir(folder, { recursive: true });
  const pathOf = (id: string) => join(folder, id + EXTENSION);
  /** Oldest first. */
  let entries: Entry[] = await readEntries(folder);

  const dropSurplus = async () => {
    const surplus = entries.slice(0, Math.max(0, entries.length - maxMessages));
    entries = entries.slice(surplus.length);
    await Promise.all(surplus.map(({ id }) => remove(pathOf(id))));
  };
  /** Null when the message was dropped in the meantime. */
  const read = async (entry: Entry): Promise<CaughtMessage | null> => {
    const file = Bun.file(pathOf(entry.id));
    return (await file.exists())
      ? describe(entry, await simpleParser(Buffer.from(await file.bytes())))
      : null;
  };
  await dropSurplus();

  return {
    add: async (envelope, raw) => {
      const id = newId();
      const head = new TextEncoder().encode(formatEnvelope(envelope));
      const partial = `${pathOf(id)}.part`;
      await Bun.write(partial, Buffer.concat([head, raw]));
      await rename(partial, pathOf(id));
      entries.push({ id, ...envelope });
      await dropSurplus();
    },
    list: async ({ to, limit }) => {
      const wanted = to?.toLowerCase();
      const found = entries.filter(
        (entry) => wanted === undefined || entry.to.some((address) => address.toLowerCase() === wanted),
      );
      const messages = await Promise.all(found.slice(-limit).reverse().map(read));
      return messages.filter((message) => message !== null);
    },
    get: async (id) => {
      const entry = entries.find((candidate) => candidate.id === id);
      return entry === undefined ? null : await read(entry);
    },
    clear: async () => {
      const cleared = entries;
      entries = [];
      await Promise.all(cleared.map(({ id }) => remove(pathOf(id))));
    },
    count: () => entries.length,
  };
}

/** Sorts by the time of arrival: milliseconds, then something that tells two of the same millisecond apart. */
function newId(): string {
  return `${String(Date.now()).padStart(15, '0')}-${crypto.randomUUID().slice(0, 8)}`;
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  });
}

async function readEntries(folder: string): Promise<Entry[]> {
  const ids = (await readdir(folder))
    .filter((name) => name.endsWith(EXTENSION))
    .map((name) => name.slice(0, -EXTENSION.length))
    .filter((id) => ID.test(id))
    .sort();
  return await Promise.all(
    ids.map(async (id) => {
      const head = await Bun.file(join(folder, id + EXTENSION))
        .slice(0, MAX_ENVELOPE_BYTES)
        .text();
      return { id, ...parseEnvelope(head) };
    }),
  );
}

function formatEnvelope({ from, to }: Envelope): string {
  return `Return-Path: <${from}>\r\nDelivered-To: ${to.join(', ')}\r\n`;
}

function parseEnvelope(head: string): Envelope {
  const [returnPath = '', deliveredTo = ''] = head.split('\r\n', 2);
  const to = deliveredTo.replace(/^Delivered-To: /, '').split(', ');
  return { from: returnPath.replace(/^Return-Path: <(.*)>$/, '$1'), to: to.filter((one) => one !== '') };
}

function describe({ id, from, to }: Entry, mail: ParsedMail): CaughtMessage {
  return {
    id,
    from,
    to,
    receivedAt: new Date(Number(present(id.split('-')[0], 'the time in the id'))).toISOString(),
    subject: mail.subject ?? '',
    messageId: mail.messageId ?? null,
    text: mail.text ?? '',
    html: mail.html || null,
    headers: Object.fromEntries(
      mail.headerLines.map(({ key, line }) => [key, line.slice(line.indexOf(':') + 1).trim()]),
    ),
  };
}
