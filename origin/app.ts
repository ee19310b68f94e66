/** The API: what every request goes through, then the features. */

import { Elysia } from 'elysia';
import { accountRoutes } from './accounts/routes.ts';
import { apiKeyRoutes } from './api-keys/routes.ts';
import { findKeyHolder } from './api-keys/service.ts';
import { cartRoutes } from './cart/routes.ts';
import { catalogRoutes } from './catalog/routes.ts';
import { checkoutRoutes } from './checkout/routes.ts';
import type { OriginConfig } from './config.ts';
import { credentialRoutes } from './credentials/routes.ts';
import type { Deps } from './deps.ts';
import { healthRoutes } from './health/routes.ts';
import { createAccessTokens } from './http/access-tokens.ts';
import { requireDeclaredAccess } from './http/auth.ts';
import { bodies } from './http/bodies.ts';
import { requestContext } from './http/context.ts';
import { docs } from './http/docs.ts';
import { edgeOnly } from './http/edge-only.ts';
import { createHotReads, type Handler, type HotReads, inFront } from './http/hot-path.ts';
import { keyHolders } from './http/key-holders.ts';
import { createKeyRing } from './http/key-ring.ts';
import { plainUrls } from './http/plain-urls.ts';
import { problems } from './http/problems.ts';
import { parseOrigins } from './http/session-transport.ts';
import { inventoryRoutes } from './inventory/routes.ts';
import { mediaRoutes } from './media/routes.ts';
import { ORDERS_TAG, orderRoutes } from './orders/routes.ts';
import { paymentMethodRoutes } from './payment-methods/routes.ts';
import { paymentRoutes } from './payments/routes.ts';
import { privacyRoutes } from './privacy/routes.ts';
import { searchRoutes } from './search/routes.ts';
import { secondFactorRoutes } from './second-factor/routes.ts';
import { sessionRoutes } from './sessions/routes.ts';

export type AppConfig = Pick<
  OriginConfig,
  'EDGE_SECRET' | 'ACCESS_TOKEN_KEY' | 'ACCESS_TOKEN_KEYS_BESIDE' | 'SHOP_ORIGINS' | 'STRIPE_WEBHOOK_SECRET'
> &
  Partial<Pick<OriginConfig, 'ORIGIN_TLS_CERT_FILE'>>;

/** The whole origin as one function: what is ready in memory in front of the framework. */
export function createHandler(deps: Deps, config: AppConfig): Handler {
  const hot = createHotReads(deps.metrics);
  return inFront(createApp(deps, config, hot).compile().fetch, hot, config.EDGE_SECRET);
}

export function createApp(deps: Deps, config: AppConfig, hot = createHotReads(deps.metrics)) {
  const api = createApi(deps, config, hot);
  // Elysia looks for the path behind the first eleven characters: too far for http:// and a host of three. Its other
  // choice is the seventh, which is within https://.
  const standardHostname = config.ORIGIN_TLS_CERT_FILE !== undefined;
  return new Elysia({ normalize: false, handler: { standardHostname } })
    .use(problems(deps.log))
    .use(requestContext(deps))
    .use(edgeOnly(config.EDGE_SECRET))
    .use(plainUrls)
    .use(bodies)
    .use(keyHolders((key) => findKeyHolder(deps, key)))
    .use(api)
    .use(docs(api, [ORDERS_TAG]));
}

/** The features alone, as the OpenAPI document describes them. */
function createApi(deps: Deps, config: AppConfig, hot: HotReads) {
  const tokens = createAccessTokens(createKeyRing(config), deps.revocations);
  const browsers = { tokens, origins: parseOrigins(config.SHOP_ORIGINS) };
  const api = new Elysia({ normalize: false })
    .use(healthRoutes(deps))
    .use(catalogRoutes(deps, tokens, hot))
    .use(mediaRoutes(deps))
    .use(searchRoutes(deps, tokens, hot))
    .use(accountRoutes(deps, browsers))
    .use(sessionRoutes(deps, browsers))
    .use(credentialRoutes(deps, tokens))
    .use(secondFactorRoutes(deps, tokens))
    .use(apiKeyRoutes(deps, tokens))
    .use(privacyRoutes(deps, tokens))
    .use(inventoryRoutes(deps, tokens))
    .use(cartRoutes(deps, tokens))
    .use(checkoutRoutes(deps, tokens))
    .use(paymentMethodRoutes(deps, tokens))
    .use(orderRoutes(deps, tokens))
    .use(paymentRoutes(deps, { tokens, webhookSecret: config.STRIPE_WEBHOOK_SECRET }));
  requireDeclaredAccess(api.routes);
  return api;
}
