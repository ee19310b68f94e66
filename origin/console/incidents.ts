/** Since when each problem has been there, and which there were lately. */

import type { Incident, Problem } from './model.ts';

export interface Incidents {
  /** Takes what is wrong at a moment, the worst first. */
  note(atMs: number, problems: readonly Problem[]): void;
  /** What is wrong, in the order in which it was last told. */
  now(): readonly Incident[];
  /** What was, the last first. */
  ended(): readonly Incident[];
}

const KEPT = 20;
/** One answer that was missed is no trouble yet, and one that came no end of it. */
const TIMES_TO_BEGIN = 2;
const TIMES_TO_END = 2;

interface Course {
  readonly incident: Incident;
  /** What is told of it once it is over. */
  readonly worst: Problem;
  readonly seen: number;
  readonly missed: number;
}

export function createIncidents(): Incidents {
  let courses: readonly Course[] = [];
  let ended: readonly Incident[] = [];
  let firstMs: number | null = null;
  const isTrouble = ({ seen }: Course) => seen >= TIMES_TO_BEGIN;
  return {
    note: (atMs, problems) => {
      firstMs ??= atMs;
      const isOlder = firstMs === atMs;
      const told = problems.map((problem): Course => {
        const course = courses.find(({ incident }) => incident.id === problem.id);
        const { sinceMs = atMs } = course?.incident ?? {};
        return {
          incident: { ...problem, sinceMs, untilMs: null, isOlder: course?.incident.isOlder ?? isOlder },
          worst: course?.worst.state === 'down' ? course.worst : problem,
          seen: (course?.seen ?? 0) + 1,
          missed: 0,
        };
      });
      const gone = courses
        .filter(({ incident }) => !problems.some(({ id }) => id === incident.id))
        .filter(isTrouble)
        .map((course) => missedAt(course, atMs));
      const over = gone.filter(({ missed }) => missed >= TIMES_TO_END);
      ended = [...over.map(({ incident, worst }) => ({ ...incident, ...worst })), ...ended].slice(0, KEPT);
      courses = [...told, ...gone.filter((course) => !over.includes(course))];
    },
    now: () => courses.filter(isTrouble).map(({ incident }) => ({ ...incident, untilMs: null })),
    ended: () => ended,
  };
}

/** It ended when it was missed first. */
function missedAt(course: Course, atMs: number): Course {
  const { incident, missed } = course;
  return { ...course, missed: missed + 1, incident: { ...incident, untilMs: incident.untilMs ?? atMs } };
}
