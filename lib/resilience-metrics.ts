/** What the policies (`policies.ts`) and the limits on work at once do, as part of the catalogue of metrics. */

export const RESILIENCE_METRICS = {
  dependency_calls_total: {
    kind: 'counter',
    help: 'Calls of a dependency with all their attempts, by how they ended.',
    labels: ['dependency', 'outcome'],
  },
  dependency_retries_total: {
    kind: 'counter',
    help: 'Attempts after the first (made), and those for which the retry budget was spent (over_budget).',
    labels: ['dependency', 'outcome'],
  },
  bulkhead_running_calls: {
    kind: 'gauge',
    help: 'Calls of a dependency that run.',
    labels: ['dependency'],
  },
  bulkhead_waiting_calls: {
    kind: 'gauge',
    help: 'Calls of a dependency that wait for others to end.',
    labels: ['dependency'],
  },
  deadlines_missed_total: {
    kind: 'counter',
    help: 'Requests that were answered 503 because their time was up.',
    labels: [],
  },
  concurrency_limit_requests: {
    kind: 'gauge',
    help: 'How many requests may be at work at once, as the process has found out.',
    labels: [],
  },
  concurrency_running_requests: {
    kind: 'gauge',
    help: 'Requests at work that count for the limit.',
    labels: [],
  },
  requests_shed_total: {
    kind: 'counter',
    help: 'Requests that were refused because too much was at work, by their priority.',
    labels: ['priority'],
  },
} as const;
