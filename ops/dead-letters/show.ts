/** Dead letters as an operator reads them. What is in a message came from elsewhere: nothing of it reaches a terminal raw. */

import type { DeadLetter } from '#db/dead-letters.ts';
import { decodeEvent, EventDecodeError } from '#lib/events.ts';

const COLUMN_GAP = 2;
const REASON_LENGTH = 80;
const HEX_BYTES_PER_LINE = 32;

/** What the message is, in a word: its event's name, or that it is none. */
function eventOf({ message }: DeadLetter): string {
  try {
    return decodeEvent(message).name;
  } catch (error) {
    if (error instanceof EventDecodeError) return 'not an event';
    throw error;
  }
}

function printable(text: string): string {
  return text.replace(/\p{C}/gu, ' ');
}

function shortened(text: string): string {
  const plain = printable(text);
  return plain.length > REASON_LENGTH ? `${plain.slice(0, REASON_LENGTH - 1)}…` : plain;
}

function stateOf({ droppedReason, againAt }: DeadLetter): string {
  if (droppedReason !== null) return `dropped: ${shortened(droppedReason)}`;
  return againAt === null ? 'parked' : 'sent again';
}

const HEAD = ['id', 'consumer', 'event', 'parked at', 'tries', 'state', 'reason'];

export function table(letters: readonly DeadLetter[]): string {
  const rows = letters.map((letter) => [
    String(letter.id),
    printable(letter.consumer),
    eventOf(letter),
    letter.parkedAt.toISOString(),
    String(letter.attempts),
    stateOf(letter),
    shortened(letter.reason),
  ]);
  const all = [HEAD, ...rows];
  const widths = HEAD.map((_name, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) => row.map((cell, column) => cell.padEnd((widths[column] ?? 0) + COLUMN_GAP)).join(''))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** For programs; the message as base64, which holds any bytes. */
export function toJson(letter: DeadLetter) {
  const { id, consumer, reason, attempts, parkedAt, againAt, droppedAt, droppedReason, message } = letter;
  const event = eventOf(letter);
  return {
    ...{ id, consumer, event, reason, attempts, parkedAt, againAt, droppedAt, droppedReason },
    message: Buffer.from(message).toString('base64'),
  };
}

export function whole(letter: DeadLetter): string {
  const { id, consumer, attempts, parkedAt, reason, message } = letter;
  return [
    `id         ${id}`,
    `consumer   ${printable(consumer)}`,
    `event      ${eventOf(letter)}`,
    `state      ${stateOf(letter)}`,
    `parked at  ${parkedAt.toISOString()}`,
    `tries      ${attempts}`,
    `reason     ${printable(reason)}`,
    `message    ${message.length} bytes`,
    '',
    body(message),
  ].join('\n');
}

/** JSON as JSON, other text quoted, anything else as hexadecimal. */
function body(message: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(message);
    return asJson(text) ?? JSON.stringify(text);
  } catch {
    const lines: string[] = [];
    for (let start = 0; start < message.length; start += HEX_BYTES_PER_LINE) {
      lines.push(Buffer.from(message.subarray(start, start + HEX_BYTES_PER_LINE)).toString('hex'));
    }
    return lines.join('\n');
  }
}

function asJson(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}
