/** The probes as HTTP answers, the same in every process. */

import type { Deps } from '#origin/deps.ts';
import type { Probes } from './probes.ts';

const OK = 200;
const UNAVAILABLE = 503;
const NO_STORE = { 'cache-control': 'no-store' };

export function liveAnswer(probes: Probes): Response {
  const heldUpBy = probes.heldUpBy();
  return heldUpBy === null ? answer({ status: 'ok' }) : answer({ status: 'stuck', heldUpBy }, UNAVAILABLE);
}

export async function readyAnswer(probes: Probes): Promise<Response> {
  return (await probes.isReady())
    ? answer({ status: 'ready' })
    : answer({ status: 'not_ready' }, UNAVAILABLE);
}

/** @param isOperator whoever is none learns the status alone */
export async function healthAnswer(probes: Probes, isOperator: boolean): Promise<Response> {
  const health = await probes.health();
  const { status } = health;
  return answer(isOperator ? health : { status }, status === 'down' ? UNAVAILABLE : OK);
}

export async function metricsAnswer({ metrics }: Pick<Deps, 'metrics'>): Promise<Response> {
  const { contentType, body } = await metrics.expose();
  return new Response(body, { headers: { 'content-type': contentType, ...NO_STORE } });
}

function answer(body: object, status = OK): Response {
  return Response.json(body, { status, headers: NO_STORE });
}
