/** The console in the browser: asks for the operator's token where need be, then shows what the stream tells. */

import type { Beginning, Fact, Point, Snapshot } from '#origin/console/model.ts';
import { isSignedIn, listen, signIn, signOut } from './connection.ts';
import { el, setText } from './dom.ts';
import { format, time } from './format.ts';
import { createPicture } from './picture.ts';
import { createPlots, type Plots } from './plots.ts';
import { createTables } from './tables.ts';
import { createVerdict } from './verdict.ts';

const frame = document.getElementById('console') ?? document.body;

async function start(): Promise<void> {
  if (await isSignedIn()) showConsole();
  else askForToken();
}

function askForToken(): void {
  document.title = 'Hotshelf operations';
  const token = el('input', {
    type: 'password',
    id: 'token',
    name: 'token',
    autocomplete: 'current-password',
    required: '',
    'aria-describedby': 'refusal',
  });
  const refusal = el('p', { id: 'refusal', class: 'refusal', role: 'alert' });
  const form = el(
    'form',
    { class: 'sign-in' },
    el('h1', {}, 'Hotshelf operations'),
    // For password managers, which want a name beside a secret.
    el('input', { type: 'text', autocomplete: 'username', value: 'operator', hidden: '' }),
    el('label', { for: 'token' }, "The operator's token"),
    token,
    refusal,
    el('button', {}, 'Open the console'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void (async () => {
      const isRight = await signIn(token.value.trim()).catch(() => null);
      if (isRight === true && (await isSignedIn())) showConsole();
      else if (isRight === true)
        setText(refusal, 'The browser keeps no cookie here: use https, or a tunnel to 127.0.0.1.');
      else setText(refusal, isRight === null ? 'The origin does not answer.' : 'That is not the token.');
    })();
  });
  frame.replaceChildren(form);
  token.focus();
}

function showConsole(): void {
  const verdict = createVerdict();
  const figures = createFigures();
  const picture = createPicture();
  const tables = createTables();
  const clock = el('span', { class: 'clock' });
  const leave = el('button', { type: 'button', class: 'plain' }, 'Sign out');
  leave.addEventListener('click', () => void signOut());
  const plotsPlace = el('div');
  const began = el('p', { class: 'note' });
  frame.replaceChildren(
    el('header', {}, el('h1', {}, 'Hotshelf operations'), clock, leave),
    el(
      'main',
      {},
      verdict.element,
      figures.element,
      picture.element,
      el('h2', {}, 'The last minutes'),
      began,
      plotsPlace,
      el('h2', {}, 'In figures'),
      tables.element,
    ),
  );
  let beginning: Beginning = { points: [], beganAtMs: Date.now(), keepsMs: 0 };
  let points: readonly Point[] = [];
  let plots: Plots | null = null;
  const tell = (snapshot: Snapshot) => {
    frame.classList.remove('lost');
    points = [...points.filter(({ atMs }) => atMs > snapshot.atMs - beginning.keepsMs), snapshot.point];
    if (plots === null) {
      plots = createPlots(snapshot.currency);
      plotsPlace.replaceChildren(plots.element);
    }
    verdict.update(snapshot, beginning);
    figures.update(snapshot.figures);
    picture.update(snapshot);
    plots.update(points, snapshot);
    tables.update(snapshot);
    setText(clock, `as of ${time(snapshot.atMs)}`);
  };
  listen({
    begin: (told) => {
      beginning = told;
      points = told.points;
      setText(began, beginningNote(told));
    },
    tell,
    lose: (sinceMs) => {
      frame.classList.add('lost');
      verdict.lose(sinceMs);
    },
    end: askForToken,
  });
}

function beginningNote({ beganAtMs, keepsMs }: Beginning): string {
  const isYoung = Date.now() - beganAtMs < keepsMs;
  const since = isYoung
    ? ` Nothing is known of before ${time(beganAtMs)}, when this origin began to look.`
    : '';
  return `Shaded: something was wrong. Times are those of this browser.${since}`;
}

function createFigures() {
  const list = el('dl', { class: 'figures' });
  const values = new Map<string, HTMLElement>();
  return {
    element: list,
    update: (facts: readonly Fact[]) => {
      for (const fact of facts) {
        const known = values.get(fact.label);
        const value = known ?? el('dd');
        if (known === undefined) {
          values.set(fact.label, value);
          list.append(el('div', {}, el('dt', {}, fact.label), value));
        }
        setText(value, format(fact));
      }
    },
  };
}

void start().catch(askForToken);
