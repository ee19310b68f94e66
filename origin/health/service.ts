/** What the probes of any process are made of. */

export { healthAnswer, liveAnswer, metricsAnswer, readyAnswer } from './answers.ts';
export { createProbes } from './probes.ts';
