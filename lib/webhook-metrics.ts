/** What the workers tell of webhooks to integrators. Gauges are looked up by each of them: max, never sum. */

const ATTEMPT_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const WEBHOOK_METRICS = {
  webhook_attempts_total: {
    kind: 'counter',
    help: 'Attempts to deliver a webhook, by outcome: succeeded, or why not.',
    labels: ['outcome'],
  },
  webhook_attempt_duration_seconds: {
    kind: 'histogram',
    help: 'Time of an attempt to deliver a webhook, from the look-up of the name to the answer.',
    labels: [],
    buckets: ATTEMPT_BUCKETS,
  },
  webhook_deliveries_total: {
    kind: 'counter',
    help: 'Deliveries of webhooks that have ended: succeeded, or failed with no attempt left.',
    labels: ['outcome'],
  },
  webhook_endpoints_disabled: {
    kind: 'gauge',
    help: 'Endpoints that the shop has disabled: gone by their own word, or failing for too long.',
    labels: ['reason'],
  },
  webhook_deliveries_waiting: {
    kind: 'gauge',
    help: 'Deliveries of webhooks that have yet to succeed, of enabled endpoints.',
    labels: [],
  },
  webhook_oldest_due_age_seconds: {
    kind: 'gauge',
    help: 'For how long the oldest delivery has been due to an endpoint that is well; 0 without one.',
    labels: [],
  },
} as const;
