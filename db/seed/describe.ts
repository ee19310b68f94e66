/** Two to four sentences about a demo product, put together so that neighbours in a list read differently. */

import type { Random } from './random.ts';
import type { Department } from './words.ts';

export interface Described {
  readonly kind: string;
  readonly thing: string;
  readonly vendor: string;
  readonly department: Department;
}

const OPENINGS = [
  'A <em>{kind}</em> {thing} that earns its place.',
  'This is the {thing} we kept coming back to.',
  'A {thing} made the long way round by {vendor}.',
  'Plain to look at and hard to wear out: a {thing} for every day.',
  '{vendor} has made this {thing} in small runs for years.',
  'There are cheaper ones, and then there is this {thing}.',
  'A {thing} with nothing on it that does not need to be there.',
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

export function describe({ kind, thing, vendor, department }: Described, random: Random): string {
  const fill = (text: string): string =>
    text
      .replace('{kind}', kind.toLowerCase())
      .replace('{thing}', thing.toLowerCase())
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
