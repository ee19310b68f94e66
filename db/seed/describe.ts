/** Two to four sentences about a demo product, put together so that neighbours in a list read differently. */

import type { Random } from './random.ts';
import type { Department } from './words.ts';

export interface Described {
  readonly name: string;
  readonly vendor: string;
  readonly department: Department;
}

/** Without a verb or an article: some names are plural. */
const OPENINGS = [
  '{name}, made the long way round by {vendor}.',
  '{name}: plain to look at and hard to wear out.',
  '{name}, in small runs from <em>{vendor}</em>.',
  '{name}, with nothing on it that does not need to be there.',
  '{name}, the one that we kept coming back to.',
  '{name}: bought once, used for years.',
  '<em>{name}</em>, a favourite of the people who work here.',
];

const USES = ['Made for {use}.', 'Good for {use}.', 'We think of it for {use}.', 'At its best with {use}.'];

const DETAILS = [
  'Every part can be replaced, and we stock the parts.',
  'The finish softens with use, and no two age alike.',
  'It is checked by hand before it leaves the workshop.',
  'It packs flat and comes without plastic.',
  'The edges are rounded and the joints are tight.',
  'It takes a knock and does not mind the weather.',
  'Tested for a year by people who are hard on their things.',
  'It comes with a card that says who made it.',
];

const CARE = [
  'Wipe clean with a damp cloth.',
  'Keep it dry when it is not in use.',
  'Small marks are part of how it is made.',
  'Guaranteed for five years.',
  'Returns are free for thirty days.',
  'Sent out within one working day.',
];

export function describe({ name, vendor, department }: Described, random: Random): string {
  const fill = (text: string): string =>
    text
      .replace('{name}', name)
      .replace('{vendor}', escapeHtml(vendor))
      .replace('{use}', random.pick(department.uses));
  const first = [random.pick(OPENINGS), random.pick(USES)].map(fill).join(' ');
  const detail = random.chance(0.8) ? [random.pick(DETAILS)] : [];
  const care = random.chance(0.6) ? [random.pick(CARE)] : [];
  const second = [...detail, ...care].join(' ');
  return second === '' ? `<p>${first}</p>` : `<p>${first}</p><p>${second}</p>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;');
}
