/** One line that says in words what is wrong and since when, and below it what else is. */

import type { Beginning, Incident, Snapshot } from '#origin/console/model.ts';
import { el, setAttribute, setText } from './dom.ts';
import { SIGNS, time } from './format.ts';

const COLOURS = { ok: '#2c7a4b', degraded: '#b07400', down: '#c22f22', unknown: '#77818a' };
const SHAPES = {
  ok: '<circle cx="8" cy="8" r="6"/>',
  degraded: '<path d="M8 1 15 15H1z"/>',
  down: '<path d="M2 2h12v12H2z"/>',
  unknown: '<circle cx="8" cy="8" r="3"/>',
};

/** `Redis does not answer since 21:04:10; reads go on, slower`. */
function sentence({ what, sinceMs, isOlder, effect }: Incident): string {
  const since = isOlder ? `since ${time(sinceMs)} or longer` : `since ${time(sinceMs)}`;
  return `${what} ${since}${effect === '' ? '' : `; ${effect}`}`;
}

export function createVerdict() {
  const sign = el('span', { class: 'sign', 'aria-hidden': 'true' });
  const line = el('span', { class: 'line' });
  const others = el('ul', { class: 'others' });
  const element = el(
    'section',
    { class: 'verdict unknown', 'aria-label': 'What is wrong' },
    el('p', { role: 'status' }, sign, line),
    others,
  );
  const show = (state: keyof typeof COLOURS, text: string) => {
    setAttribute(element, 'class', `verdict ${state}`);
    setText(sign, SIGNS[state]);
    setText(line, text);
    const title = `${SIGNS[state]} ${text} – Hotshelf operations`;
    if (document.title !== title) document.title = title;
    showIcon(state);
  };
  show('unknown', 'Waiting for the first news');
  return {
    element,
    update: ({ problems, ended }: Snapshot, { beganAtMs }: Beginning) => {
      const [worst, ...rest] = problems;
      if (worst === undefined) show('ok', wellSince(ended, beganAtMs));
      else show(worst.state, sentence(worst));
      const texts = rest.map((each) => `${SIGNS[each.state]} ${sentence(each)}`);
      while (others.children.length > texts.length) others.lastChild?.remove();
      for (const [index, text] of texts.entries()) {
        setText(others.children[index] ?? others.appendChild(el('li')), text);
      }
    },
    lose: (sinceMs: number) => {
      show('unknown', `No news from the origin since ${time(sinceMs)}; what is below is of then`);
    },
  };
}

function wellSince(ended: readonly Incident[], beganAtMs: number): string {
  const [last] = ended;
  if (last === undefined)
    return `All is well, and was since ${time(beganAtMs)}, when this origin began to look`;
  return `All is well since ${time(last.untilMs ?? last.sinceMs)}`;
}

function showIcon(state: keyof typeof COLOURS): void {
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="${COLOURS[state]}">${SHAPES[state]}</svg>`;
  const icon = document.querySelector('link[rel="icon"]');
  if (icon !== null) setAttribute(icon, 'href', `data:image/svg+xml,${encodeURIComponent(picture)}`);
}
