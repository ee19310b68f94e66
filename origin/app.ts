/** The API: what every request goes through, then the features. */

import { type AnyElysia, Elysia } from 'elysia';
import { accountRoutes } from './accounts/routes.ts';
import { apiKeyRoutes } from './api-keys/routes.ts';
import { findKeyHolder } from './api-keys/service.ts';
import { attributeRoutes } from './attributes/routes.ts';
import { cartRoutes } from './cart/routes.ts';
import { cartReminderRoutes } from './cart-reminders/routes.ts';
import { catalogRoutes } from './catalog/routes.ts';
import { categoryRoutes } from './categories/routes.ts';
import { categoryRuleRoutes } from './category-rules/routes.ts';
import { checkoutRoutes } from './checkout/routes.ts';
import type { OriginConfig } from './config.ts';
import { consoleRoutes } from './console/routes.ts';
import type { OperatorConsole } from './console/service.ts';
import { credentialRoutes } from './credentials/routes.ts';
import type { Deps } from './deps.ts';
import { documentRoutes } from './documents/routes.ts';
import { fulfilmentRoutes } from './fulfilment/routes.ts';
import { healthRoutes } from './health/routes.ts';
import { createAccessTokens } from './http/access-tokens.ts';
import { withAdmission } from './http/admission.ts';
import { withAnswerHeaders } from './http/answer-headers.ts';
import { requireDeclaredAccess } from './http/auth.ts';
import { bodies } from './http/bodies.ts';
import { requestContext } from './http/context.ts';
import { withDeadlines } from './http/deadlines.ts';
import { docs } from './http/docs.ts';
import { closingWhileDraining } from './http/drain.ts';
import { edgeOnly } from './http/edge-only.ts';
import { createEdgeProofs, type EdgeProofConfig, type EdgeProofs } from './http/edge-proof.ts';
import { createHotReads, type Handler, type HotReads, inFront } from './http/hot-path.ts';
import { keyHolders } from './http/key-holders.ts';
import { createKeyRing } from './http/key-ring.ts';
import { limited } from './http/limits.ts';
import { createOperators } from './http/operators.ts';
import { plainUrls } from './http/plain-urls.ts';
import { problems } from './http/problems.ts';
import type { PeerOf } from './http/security-log.ts';
import { parseOrigins } from './http/session-transport.ts';
import { strictQueries } from './http/strict-queries.ts';
import { traced, tracedHotReads } from './http/traced.ts';
import { inventoryRoutes } from './inventory/routes.ts';
import { locationRoutes } from './locations/routes.ts';
import { mediaRoutes } from './media/routes.ts';
import { merchantRoutes } from './merchant/routes.ts';
import { orderEditRoutes } from './order-edits/routes.ts';
import { ORDERS_TAG, orderRoutes } from './orders/routes.ts';
import { paymentMethodRoutes } from './payment-methods/routes.ts';
import { paymentRoutes } from './payments/routes.ts';
import { priceRuleRoutes } from './price-rules/routes.ts';
import { privacyRoutes } from './privacy/routes.ts';
import { productFileRoutes } from './product-files/routes.ts';
import { recommendationRoutes } from './recommendations/routes.ts';
import { returnRoutes } from './returns/routes.ts';
import { reviewRoutes } from './reviews/routes.ts';
import { saleRoutes } from './sales/routes.ts';
import { searchRoutes } from './search/routes.ts';
import { secondFactorRoutes } from './second-factor/routes.ts';
import { sessionRoutes } from './sessions/routes.ts';
import { stockNoticeRoutes } from './stock-notices/routes.ts';
import { userRoutes } from './users/routes.ts';
import { variantPriceRoutes } from './variant-prices/routes.ts';
import { variantRoutes } from './variants/routes.ts';
import { viewRoutes } from './views/routes.ts';
import { webhookDeliveryRoutes } from './webhook-deliveries/routes.ts';
import { WEBHOOKS, WEBHOOKS_TAG, webhookEndpointRoutes } from './webhook-endpoints/routes.ts';
import { wishListRoutes } from './wish-lists/routes.ts';

export type AppConfig = Pick<
  OriginConfig,
  'ACCESS_TOKEN_KEY' | 'ACCESS_TOKEN_KEYS_BESIDE' | 'SHOP_ORIGINS' | 'STRIPE_WEBHOOK_SECRET'
> &
  Partial<Pick<OriginConfig, 'OPERATOR_TOKEN' | 'ORIGIN_TLS_CERT_FILE'>> &
  EdgeProofConfig;

/** The whole origin as one function: what is ready in memory in front of the framework. */
export function createHandler(deps: Deps, config: AppConfig, place: Partial<Place> = {}): Handler {
  const { peerOf = () => null, operatorConsole } = place;
  const hot = createHotReads(deps);
  const proofs = createEdgeProofs(config, deps.clock);
  const app = createApp(deps, config, { hot, proofs, peerOf, operatorConsole }).compile();
  const api = withAnswerHeaders(withDeadlines(app.fetch, deps.metrics), { ...deps, peerOf });
  const admitted = withAdmission(traced(api, proofs, deps.spans), deps.admission, deps.metrics);
  const hotReads = deps.spans === null ? hot : tracedHotReads(hot, deps.spans);
  return closingWhileDraining(inFront(admitted, hotReads, proofs), deps.vitals);
}

/** What a process has beside its deps. */
interface Place {
  readonly peerOf: PeerOf;
  /** There is none, unless one is given. */
  readonly operatorConsole: OperatorConsole | undefined;
}

interface Shared extends Place {
  readonly hot: HotReads;
  readonly proofs: EdgeProofs;
}

/** Its type is that of any: with each route in it, TypeScript takes longer, and in the end gives up. */
export function createApp(deps: Deps, config: AppConfig, shared: Partial<Shared> = {}): AnyElysia {
  const { hot = createHotReads(deps), proofs = createEdgeProofs(config, deps.clock) } = shared;
  const { peerOf = () => null } = shared;
  const api = createApi(deps, config, hot);
  const documents = docs(api, { tags: [ORDERS_TAG, WEBHOOKS_TAG], webhooks: WEBHOOKS });
  requireDeclaredAccess([...api.routes, ...documents.routes]);
  // Elysia looks for the path behind the first eleven characters: too far for http:// and a host of three. Its other
  // choice is the seventh, which is within https://.
  const standardHostname = config.ORIGIN_TLS_CERT_FILE !== undefined;
  return new Elysia({ normalize: false, handler: { standardHostname } })
    .use(problems({ ...deps, peerOf }))
    .use(requestContext(deps))
    .use(edgeOnly(proofs))
    .use(limited(deps.limits))
    .use(plainUrls)
    .use(bodies)
    .use(keyHolders((key) => findKeyHolder(deps, key)))
    .use(api)
    .use(documents)
    .use(shared.operatorConsole === undefined ? [] : consoleRoutes(shared.operatorConsole, deps.log));
}

/** The features alone, as the OpenAPI document describes them. */
function createApi(deps: Deps, config: AppConfig, hot: HotReads): AnyElysia {
  const tokens = createAccessTokens(createKeyRing(config), deps.revocations, deps.accountPolicy);
  const browsers = { tokens, origins: parseOrigins(config.SHOP_ORIGINS) };
  const routes = (): AnyElysia['routes'] => api.routes;
  const api = new Elysia({ normalize: false })
    .use(strictQueries(routes))
    .use(healthRoutes(deps, createOperators(config.OPERATOR_TOKEN)))
    .use(catalogRoutes(deps, tokens, hot))
    .use(variantRoutes(deps, tokens))
    .use(variantPriceRoutes(deps, tokens))
    .use(merchantRoutes(deps, tokens))
    .use(categoryRoutes(deps, tokens))
    .use(categoryRuleRoutes(deps, tokens))
    .use(attributeRoutes(deps, tokens))
    .use(productFileRoutes(deps, tokens))
    .use(mediaRoutes(deps, tokens))
    .use(searchRoutes(deps, tokens, hot))
    .use(recommendationRoutes(deps, tokens, hot))
    .use(accountRoutes(deps, browsers))
    .use(sessionRoutes(deps, browsers))
    .use(userRoutes(deps, tokens))
    .use(credentialRoutes(deps, tokens))
    .use(secondFactorRoutes(deps, tokens))
    .use(apiKeyRoutes(deps, tokens))
    .use(privacyRoutes(deps, tokens))
    .use(inventoryRoutes(deps, tokens))
    .use(locationRoutes(deps, tokens))
    .use(cartRoutes(deps, tokens))
    .use(cartReminderRoutes(deps, tokens))
    .use(checkoutRoutes(deps, tokens))
    .use(priceRuleRoutes(deps, tokens))
    .use(paymentMethodRoutes(deps, tokens))
    .use(orderRoutes(deps, tokens))
    .use(saleRoutes(deps, tokens))
    .use(webhookEndpointRoutes(deps, tokens))
    .use(webhookDeliveryRoutes(deps, tokens))
    .use(reviewRoutes(deps, tokens))
    .use(wishListRoutes(deps, tokens))
    .use(viewRoutes(deps, tokens))
    .use(stockNoticeRoutes(deps, tokens))
    .use(fulfilmentRoutes(deps, tokens))
    .use(documentRoutes(deps, tokens))
    .use(orderEditRoutes(deps, tokens))
    .use(returnRoutes(deps, tokens))
    .use(paymentRoutes(deps, { tokens, webhookSecret: config.STRIPE_WEBHOOK_SECRET }));
  return api;
}
