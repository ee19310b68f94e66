/** What is wrong, in words that a sleepy person understands, and what it means for shoppers. The worst first. */

import type { Gathered } from './gathered.ts';
import type { PartId, Problem } from './model.ts';
import type { Scene } from './scene.ts';
import { ERRORS, SHOPPERS } from './scene.ts';
import type { Survey } from './survey.ts';

const REQUESTS = 'http_server_request_duration_seconds';
const RATES_WINDOW_MS = 30_000;
/** Longer, for what is slow is so for a moment all the time. */
const SLOW_WINDOW_MS = 60_000;
/** Of fewer requests a share says little. */
const FEWEST_PER_SECOND = 1;
const ERRORS_TOLERABLE = 0.05;
const P99_TOLERABLE_SECONDS = 1;
const AGE_TOLERABLE_SECONDS = 60;
const WAITING_TOLERABLE = 10_000;

interface Words {
  readonly what: string;
  readonly effect: string;
}

/** Of a part that is down, and of one that is so in part. */
const WORDS: Readonly<Record<PartId, { readonly down: Words; readonly degraded: Words }>> = {
  edge: {
    down: { what: 'The edge does not answer', effect: 'shoppers get nothing' },
    degraded: { what: 'Some edges do not answer', effect: 'the others serve' },
  },
  origin: {
    down: {
      what: 'The origin does not answer',
      effect: 'shoppers see what the edge has kept; orders are refused',
    },
    degraded: { what: 'Some origins do not answer', effect: 'the others serve' },
  },
  primary: {
    down: {
      what: 'The Postgres primary does not answer',
      effect: 'reads go on from caches and replicas; orders are refused',
    },
    degraded: { what: 'Some processes do not reach the Postgres primary', effect: 'the others go on' },
  },
  replicas: {
    down: { what: 'All replicas are out', effect: 'the primary takes their reads' },
    degraded: { what: 'Some replicas are out', effect: 'the others take their reads' },
  },
  redis: {
    down: { what: 'Redis does not answer', effect: 'reads go on, slower' },
    degraded: { what: 'Some processes do not reach Redis', effect: 'their reads go on, slower' },
  },
  nats: {
    down: { what: 'NATS does not answer', effect: 'events wait in the outbox; mails and search come late' },
    degraded: { what: 'Some processes do not reach NATS', effect: 'events may come late' },
  },
  stripe: {
    down: {
      what: 'Stripe does not answer',
      effect: 'checkouts are refused at once; nothing is charged twice',
    },
    degraded: { what: 'Some origins do not reach Stripe', effect: 'checkouts there are refused at once' },
  },
  workers: {
    down: { what: 'The workers do not answer', effect: 'events wait; mails, stock and search come late' },
    degraded: { what: 'Some workers do not answer', effect: 'the others take their work' },
  },
  smtp: {
    down: { what: 'The mail server takes no mails', effect: 'they are tried again, then parked' },
    degraded: { what: 'The mail server refuses some mails', effect: 'they are tried again, then parked' },
  },
};

/** What shoppers notice most comes first. */
const ORDER: readonly PartId[] = [
  ...(['edge', 'origin', 'primary', 'stripe', 'redis', 'nats', 'workers', 'replicas', 'smtp'] as const),
];

export function diagnose(scene: Scene, survey: Survey): readonly Problem[] {
  const problems = [...partProblems(survey), ...trafficProblems(scene), ...queueProblems(survey)];
  const circuit = originCircuit(survey);
  return [...problems, ...(circuit === null ? [] : [circuit])].toSorted(
    (a, b) => Number(b.state === 'down') - Number(a.state === 'down'),
  );
}

function partProblems({ parts }: Survey): readonly Problem[] {
  return ORDER.flatMap((part) => {
    const { state } = parts[part];
    if (state !== 'down' && state !== 'degraded') return [];
    return [{ id: part, part, state, ...WORDS[part][state] }];
  });
}

function trafficProblems({ of: { edge, origin } }: Scene): readonly Problem[] {
  const requestsAt = (place: Gathered) => place.rate(`${REQUESTS}_count`, SHOPPERS, RATES_WINDOW_MS) ?? 0;
  const errorsAt = (place: Gathered) => place.rate(`${REQUESTS}_count`, ERRORS, RATES_WINDOW_MS) ?? 0;
  const busy = [edge, origin].filter((place) => requestsAt(place) >= FEWEST_PER_SECOND);
  const problems: Problem[] = [];
  if (busy.some((place) => errorsAt(place) / requestsAt(place) > ERRORS_TOLERABLE)) {
    const what = 'More than 5 % of requests fail';
    problems.push({ id: 'errors', part: 'origin', state: 'down', what, effect: 'shoppers see errors' });
  }
  const p99Seconds = origin.quantile(REQUESTS, 0.99, SHOPPERS, SLOW_WINDOW_MS) ?? 0;
  if (busy.includes(origin) && p99Seconds > P99_TOLERABLE_SECONDS) {
    const what = 'One request in a hundred takes more than a second';
    problems.push({ id: 'slow', part: 'origin', state: 'degraded', what, effect: 'shoppers wait' });
  }
  return problems;
}

function queueProblems({ queues }: Survey): readonly Problem[] {
  return queues.flatMap(({ name, waiting, oldestSeconds, deadLetters }): Problem[] => {
    const part = name === 'outbox' ? 'nats' : 'workers';
    const queue = name === 'outbox' ? 'the outbox' : `the queue ${name}`;
    const late = (oldestSeconds ?? 0) > AGE_TOLERABLE_SECONDS || (waiting ?? 0) > WAITING_TOLERABLE;
    const problems: Problem[] = [];
    if (late) {
      const what = `${capital(queue)} is more than a minute behind`;
      problems.push({
        id: `late-${name}`,
        part,
        state: 'degraded',
        what,
        effect: 'what it is for comes late',
      });
    }
    if ((deadLetters ?? 0) > 0) {
      const what = `Messages of ${queue} are parked`;
      const effect = 'npm run dead-letters -- list shows them';
      problems.push({ id: `parked-${name}`, part: 'workers', state: 'degraded', what, effect });
    }
    return problems;
  });
}

/** The edge's own view, which the health of an origin does not tell. */
function originCircuit({ breakers, parts }: Survey): Problem | null {
  const circuit = breakers.find(({ dependency }) => /^origin/.test(dependency));
  if (circuit === undefined || circuit.openIn.length === 0 || parts.origin.state !== 'ok') return null;
  const what = 'The edge does not reach the origin';
  return {
    id: 'edge-origin',
    part: 'origin',
    state: 'down',
    what,
    effect: 'shoppers see what the edge has kept',
  };
}

const capital = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
