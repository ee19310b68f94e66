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

/** What an auditor needs of a message: enough to tell it from another, without reading it. */
export interface CaughtHead {
  readonly id: string;
  readonly to: readonly string[];
  readonly messageId: string | null;
  readonly receivedAt: string;
}

export interface MessageIndex {
  /** Oldest first. */
  readonly items: readonly CaughtHead[];
  /** Whatever came after this time is kept; of what came before, some is gone. */
  readonly keptSince: string;
}

export interface MessageStore {
  add(envelope: Envelope, raw: Uint8Array): Promise<void>;
  /** Newest first; `to` is one whole address, in any case. */
  list(options: { readonly to?: string; readonly limit: number }): Promise<readonly CaughtMessage[]>;
  get(id: string): Promise<CaughtMessage | null>;
  /** The messages that came after the one of this id. */
  index(options: { readonly after: string; readonly limit: number }): MessageIndex;
  clear(): Promise<void>;
  count(): number;
  /** How many deliveries were dropped since the start, as repeats of what is here. */
  repeats(): number;
}

interface Entry extends Envelope {
  readonly id: string;
  readonly messageId: string | null;
}

/** Some more than a day of tests or a run of shoppers leaves behind. */
export const MAX_KEPT_MESSAGES = 20_000;
const EXTENSION = '.eml';
const ID = /^\d{15}-[0-9a-f]{8}$/;
/** The envelope of the most recipients that are taken fits in it many times over. */
const MAX_ENVELOPE_BYTES = 64 * 1024;
const MAX_OPEN_FILES = 100;
/** Holds the time since which all is kept. */
const KEPT_SINCE_FILE = 'kept-since';

/** @throws when the folder cannot be made or read. */
export async function openMessageStore(
  folder: string,
  maxMessages: number = MAX_KEPT_MESSAGES,
): Promise<MessageStore> {
  await mkdir(folder, { recursive: true });
  const pathOf = (id: string) => join(folder, id + EXTENSION);
  /** Oldest first. */
  let entries: Entry[] = await readEntries(folder);
  /** Mailboxes show a message once, however often it was delivered: the same id to the same recipients is dropped. */
  let known = new Set(entries.map(keyOf));
  let repeats = 0;
  let keptSinceMs = await readKeptSince(folder, entries, maxMessages);

  const dropSurplus = async () => {
    const surplus = entries.slice(0, Math.max(0, entries.length - maxMessages));
    keptSinceMs = Math.max(keptSinceMs, ...surplus.slice(-1).map(({ id }) => receivedAtMs(id)));
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
      const entry = { id, ...envelope, messageId: messageIdIn(raw) };
      if (known.has(keyOf(entry))) {
        repeats += 1;
        return;
      }
      known.add(keyOf(entry));
      const head = new TextEncoder().encode(formatEnvelope(envelope));
      const partial = `${pathOf(id)}.part`;
      await Bun.write(partial, Buffer.concat([head, raw]));
      await rename(partial, pathOf(id));
      entries.push(entry);
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
    index: ({ after, limit }) => {
      const found = entries.findIndex(({ id }) => id === after);
      // One that was dropped meanwhile had the smallest id of all.
      const start = found === -1 ? 0 : found + 1;
      const items = entries.slice(start, start + limit);
      return { items: items.map(toHead), keptSince: new Date(keptSinceMs).toISOString() };
    },
    clear: async () => {
      const cleared = entries;
      entries = [];
      known = new Set();
      keptSinceMs = Date.now();
      await Bun.write(join(folder, KEPT_SINCE_FILE), String(keptSinceMs));
      await Promise.all(cleared.map(({ id }) => remove(pathOf(id))));
    },
    count: () => entries.length,
    repeats: () => repeats,
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
  const entries: Entry[] = [];
  for (let start = 0; start < ids.length; start += MAX_OPEN_FILES) {
    const some = ids.slice(start, start + MAX_OPEN_FILES);
    entries.push(...(await Promise.all(some.map((id) => readEntry(folder, id)))));
  }
  return entries;
}

async function readEntry(folder: string, id: string): Promise<Entry> {
  const head = await Bun.file(join(folder, id + EXTENSION))
    .slice(0, MAX_ENVELOPE_BYTES)
    .bytes();
  return { id, ...parseEnvelope(new TextDecoder().decode(head)), messageId: messageIdIn(head) };
}

/** Of a folder that is used for the first time: now. One that is full may have dropped what came before. */
async function readKeptSince(
  folder: string,
  entries: readonly Entry[],
  maxMessages: number,
): Promise<number> {
  const file = Bun.file(join(folder, KEPT_SINCE_FILE));
  const [oldest] = entries;
  const oldestMs = oldest === undefined ? Date.now() : receivedAtMs(oldest.id);
  if (!(await file.exists())) await Bun.write(file, String(oldestMs));
  const noted = Number(await file.text());
  return entries.length < maxMessages ? noted : Math.max(noted, oldestMs);
}

/** A message without an id of its own is like no other. */
function keyOf({ id, to, messageId }: Entry): string {
  return JSON.stringify([messageId ?? id, ...to.map((address) => address.toLowerCase()).toSorted()]);
}

function receivedAtMs(id: string): number {
  return Number(present(id.split('-')[0], 'the time in the id'));
}

function toHead({ id, to, messageId }: Entry): CaughtHead {
  return { id, to, messageId, receivedAt: new Date(receivedAtMs(id)).toISOString() };
}

/** The header's value as it stands, angle brackets included. */
function messageIdIn(raw: Uint8Array): string | null {
  const text = new TextDecoder().decode(raw.subarray(0, MAX_ENVELOPE_BYTES));
  const head = text.split('\r\n\r\n', 1)[0] ?? '';
  return /^message-id:\s*(\S+)/im.exec(head)?.[1] ?? null;
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
    receivedAt: new Date(receivedAtMs(id)).toISOString(),
    subject: mail.subject ?? '',
    messageId: mail.messageId ?? null,
    text: mail.text ?? '',
    html: mail.html || null,
    headers: Object.fromEntries(
      mail.headerLines.map(({ key, line }) => [key, line.slice(line.indexOf(':') + 1).trim()]),
    ),
  };
}
