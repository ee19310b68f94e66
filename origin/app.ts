/** The API: what every request goes through, then the features. */

import { type AnyElysia, Elysia } from 'elysia';
import { accountRoutes } from './accounts/routes.ts';
import { cartRoutes } from './cart/routes.ts';
import { catalogRoutes } from './catalog/routes.ts';
import { checkoutRoutes } from './checkout/routes.ts';
import type { OriginConfig } from './config.ts';
import type { Deps } from './deps.ts';
import { healthRoutes } from './health/routes.ts';
import { withAnswerHeaders } from './http/answer-headers.ts';
import { requireDeclaredAccess } from './http/auth.ts';
import { bodies } from './http/bodies.ts';
import { requestContext } from './http/context.ts';
import { docs } from './http/docs.ts';
import { edgeOnly } from './http/edge-only.ts';
import { createEdgeProofs, type EdgeProofConfig, type EdgeProofs } from './http/edge-proof.ts';
import { createHotReads, type Handler, type HotReads, inFront } from './http/hot-path.ts';
import { limited } from './http/limits.ts';
import { plainUrls } from './http/plain-urls.ts';
import { problems } from './http/problems.ts';
import { strictQueries } from './http/strict-queries.ts';
import { inventoryRoutes } from './inventory/routes.ts';
import { mediaRoutes } from './media/routes.ts';
import { ORDERS_TAG, orderRoutes } from './orders/routes.ts';
import { paymentMethodRoutes } from './payment-methods/routes.ts';
import { paymentRoutes } from './payments/routes.ts';
import { searchRoutes } from './search/routes.ts';

export type AppConfig = Pick<OriginConfig, 'JWT_SECRET' | 'STRIPE_WEBHOOK_SECRET'> & EdgeProofConfig;

/** The whole origin as one function: what is ready in memory in front of the framework. */
export function createHandler(deps: Deps, config: AppConfig): Handler {
  const hot = createHotReads(deps.metrics);
  const proofs = createEdgeProofs(config, deps.clock);
  return inFront(withAnswerHeaders(createApp(deps, config, { hot, proofs }).compile().fetch), hot, proofs);
}

interface Shared {
  readonly hot: HotReads;
  readonly proofs: EdgeProofs;
}

export function createApp(deps: Deps, config: AppConfig, shared: Partial<Shared> = {}) {
  const { hot = createHotReads(deps.metrics), proofs = createEdgeProofs(config, deps.clock) } = shared;
  const api = createApi(deps, config, hot);
  // Elysia would look for the path behind the first eleven characters: too far for a host of three.
  return new Elysia({ normalize: false, handler: { standardHostname: false } })
    .use(problems(deps.log))
    .use(requestContext(deps))
    .use(edgeOnly(proofs))
    .use(limited(deps.limits))
    .use(plainUrls)
    .use(bodies)
    .use(api)
    .use(docs(api, [ORDERS_TAG]));
}

/** The features alone, as the OpenAPI document describes them. */
function createApi(deps: Deps, { JWT_SECRET, STRIPE_WEBHOOK_SECRET }: AppConfig, hot: HotReads) {
  const routes = (): AnyElysia['routes'] => api.routes;
  const api = new Elysia({ normalize: false })
    .use(strictQueries(routes))
    .use(healthRoutes(deps))
    .use(catalogRoutes(deps, JWT_SECRET, hot))
    .use(mediaRoutes(deps))
    .use(searchRoutes(deps, JWT_SECRET, hot))
    .use(accountRoutes(deps, JWT_SECRET))
    .use(inventoryRoutes(deps, JWT_SECRET))
    .use(cartRoutes(deps, JWT_SECRET))
    .use(checkoutRoutes(deps, JWT_SECRET))
    .use(paymentMethodRoutes(deps, JWT_SECRET))
    .use(orderRoutes(deps, JWT_SECRET))
    .use(paymentRoutes(deps, { jwtSecret: JWT_SECRET, webhookSecret: STRIPE_WEBHOOK_SECRET }));
  requireDeclaredAccess(api.routes);
  return api;
}
