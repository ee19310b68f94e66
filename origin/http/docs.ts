/**
 * The OpenAPI document and Swagger UI. The plugin makes the document from the routes; its own page would load
 * scripts from a CDN, so the page and all its assets are served from here.
 */

import { swagger } from '@elysiajs/swagger';
import { type AnyElysia, Elysia } from 'elysia';
import { present } from '#lib/assert.ts';
import { CART_TOKEN_HEADER, SESSION_COOKIE } from '#lib/edge-contract.ts';
import { PROBLEM_CONTENT_TYPE } from '#lib/problems.ts';
import { createAssets } from './assets.ts';
import { partOf } from './document-parts.ts';
import { borderAnswers, borderAnswersOf, DEGRADED } from './openapi.ts';
import { scopeOf } from './scopes.ts';

const DOCUMENT_PATH = '/docs/json';
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  // It names its assets by what they are at the moment.
  'cache-control': 'no-cache',
  'content-security-policy': PAGE_POLICY,
};

/** `pathOf`: where each of its files is, by its plain name. */
function page(pathOf: (name: string) => string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Hotshelf API</title>
    <link rel="icon" href="${pathOf('favicon-32x32.png')}">
    <link rel="stylesheet" href="${pathOf('swagger-ui.css')}">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="${pathOf('swagger-ui-bundle.js')}"></script>
    <script src="${pathOf('start.js')}"></script>
  </body>
</html>
`;
}

const START_SCRIPT = `const partOf = ${partOf};
SwaggerUIBundle({
  url: '${DOCUMENT_PATH}',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  plugins: [() => ({
    fn: { resolveSubtree: async (document, path) => ({ spec: partOf(document, path), errors: [] }) },
  })],
});
`;

const INFO = {
  openapi: '3.1.0',
  info: {
    title: 'Hotshelf',
    version: '1.0.0',
    summary: 'The shop over HTTP.',
    description:
      'Money is in minor units. Failures are `application/problem+json` (RFC 9457) with a stable `code`. ' +
      'To try things out: log in by `POST /api/v1/auth/login`, then give its `accessToken` to Authorize. ' +
      'A purchase is `createCart`, `addCartItem`, `changeCart` with where it goes and one of `listCartShipping`, ' +
      '`getCartQuote` and `checkOut`: ids and the quote come from the answers before, all else is filled in.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  tags: [
    { name: 'Catalogue', description: 'Products and categories.' },
    { name: 'Search', description: 'Finding products.' },
    { name: 'Cart', description: 'Carts of guests and customers.' },
    { name: 'Checkout', description: 'From a cart to a paid order.' },
    { name: 'Orders', description: 'What was bought.' },
    { name: 'Reviews', description: 'What buyers say of products.' },
    { name: 'Wish lists', description: 'What is put aside, and what is waited for.' },
    { name: 'Accounts', description: 'Accounts and sessions.' },
    { name: 'Inventory', description: 'Stock, for sellers and admins.' },
    { name: 'Webhooks', description: 'Events, sent to integrators.' },
    {
      name: 'Pricing',
      description:
        'What carts are priced by, for admins: currencies, customer groups, price lists, tax, shipping, discounts.',
    },
    { name: 'Operations', description: 'How the shop is.' },
  ],
};

const SECURITY_SCHEMES = {
  accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'From login or refresh.' },
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'hsk_...',
    description: 'Of a program, from `POST /api/v1/api-keys`; it needs the scope that is named.',
  },
  sessionCookie: {
    ...{ type: 'apiKey', in: 'cookie', name: SESSION_COOKIE },
    description: "A browser's refresh token, for pages of the shop that send `Session-Transport: cookie`.",
  },
  cartToken: { type: 'apiKey', in: 'header', name: CART_TOKEN_HEADER, description: "A guest's cart token." },
};

interface Tag {
  readonly name: string;
  readonly description: string;
}

/** What features have to say that no route does. */
interface More {
  readonly tags?: readonly Tag[];
  /** As OpenAPI's `webhooks`: what the shop sends. */
  readonly webhooks?: object;
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** The document for the routes of an app, fit for a linter. */
async function openApiDocument(
  api: AnyElysia,
  { tags = [], webhooks = {} }: More,
): Promise<Record<string, Json>> {
  const documented = new Elysia().use(api).use(
    swagger({
      path: '/docs/page',
      specPath: DOCUMENT_PATH,
      excludeStaticFile: false,
      exclude: ['/docs/page', DOCUMENT_PATH],
    }),
  );
  const response = await documented.handle(new Request(`http://localhost${DOCUMENT_PATH}`));
  const documentedPaths = (await response.json()) as { paths: Record<string, Json> };
  const { paths, refusals } = sharingRefusals(withScopes(documentedPaths.paths));
  return mend({
    ...INFO,
    tags: INFO.tags.map((tag) => ({ ...(tags.find(({ name }) => name === tag.name) ?? tag) })),
    servers: [{ url: '/', description: 'Where this document came from.' }],
    security: [{ accessToken: [] }],
    paths: withBorder(paths),
    webhooks: webhooks as Json,
    components: {
      securitySchemes: SECURITY_SCHEMES,
      responses: { ...borderAnswers(), ...refusals },
      headers: { Degraded: DEGRADED },
    },
  }) as Record<string, Json>;
}

/** Where an API key is taken, beside the access token, and with which scope. */
function withScopes(paths: Record<string, Json>): Record<string, Json> {
  const scoped = structuredClone(paths) as Record<string, Record<string, { security?: Json[] }>>;
  for (const [path, operations] of Object.entries(scoped)) {
    for (const [method, described] of Object.entries(operations)) {
      const scope = scopeOf(`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
      if (scope !== undefined) described.security = [...(described.security ?? []), { apiKey: [scope] }];
    }
  }
  return scoped as Record<string, Json>;
}

type Refusal = { content: Record<string, { schema: { properties: { code: { enum: string[] } } } }> };

/**
 * Refusals in one place, by their codes: operations have most of theirs in common, and a document that repeats them is
 * half as long again.
 */
function sharingRefusals(paths: Record<string, Json>) {
  const shared = structuredClone(paths) as Record<string, Record<string, { responses: object }>>;
  const refusals: Record<string, Json> = {};
  for (const operations of Object.values(shared)) {
    for (const described of Object.values(operations)) {
      const answers = Object.entries(described.responses as Record<string, Partial<Refusal>>);
      described.responses = Object.fromEntries(
        answers.map(([status, answer]) => {
          const codes = answer.content?.[PROBLEM_CONTENT_TYPE]?.schema.properties.code.enum;
          if (codes === undefined) return [status, answer];
          const name = codes.join('.');
          refusals[name] = answer as Json;
          return [status, { $ref: `#/components/responses/${name}` }];
        }),
      );
    }
  }
  return { paths: shared as Record<string, Json>, refusals };
}

/** What any request may be refused for, whatever it is for. */
function withBorder(paths: Record<string, Json>): Record<string, Json> {
  const bordered = structuredClone(paths) as Record<string, Record<string, { responses: object }>>;
  for (const operations of Object.values(bordered)) {
    for (const [method, described] of Object.entries(operations)) {
      described.responses = { ...described.responses, ...borderAnswersOf(method) };
    }
  }
  return bordered as Record<string, Json>;
}

/** What the plugin leaves in that OpenAPI does not know, and what it adds that is not so. */
function mend(node: Json): Json {
  if (Array.isArray(node)) return node.map(mend);
  if (typeof node !== 'object' || node === null) return node;
  const { error: _error, requestBody, parameters, ...rest } = node;
  const mended = {
    ...rest,
    ...(Array.isArray(parameters) ? { parameters: parameters.map(exemplified) } : {}),
    ...(requestBody === undefined ? {} : { requestBody: jsonOnly(requestBody) }),
  };
  return Object.fromEntries(Object.entries(mended).map(([name, value]) => [name, mend(value)]));
}

const EXAMPLE_ID = '01890a5d-ac96-774b-bcce-b302099a8057';

/** The plugin puts a schema's examples beside it, where OpenAPI has one. Any id is as good an example as another. */
function exemplified(parameter: Json): Json {
  const { examples, ...rest } = parameter as { examples?: Json[]; in: string; schema: { format?: string } };
  const [example] = rest.in === 'path' && rest.schema.format === 'uuid' ? [EXAMPLE_ID] : (examples ?? []);
  return { ...rest, ...(example === undefined ? {} : { example }) };
}

/** The plugin offers every body as a form and as text too; the shop takes JSON, and shows an example of it. */
function jsonOnly(requestBody: Json): Json {
  const { content } = requestBody as { content: Record<string, { schema: { examples?: Json[] } }> };
  // A picture is described as what it is by its own route.
  if (Object.keys(content).every((type) => type.startsWith('image/'))) return requestBody;
  const { schema } = present(Object.values(content)[0], 'the schema of a request body');
  const [example] = schema.examples ?? [];
  const media = example === undefined ? { schema } : { schema, example };
  return { required: true, content: { 'application/json': media as Json } };
}

/**
 * Serves the page, its assets and the document of `api`, which are made at the first request.
 * @param more tags are those whose feature has more to say of them than stands here
 */
export function docs(api: AnyElysia, more: More = {}) {
  let document: Promise<string> | undefined;
  const assets = createAssets('/docs/assets/', {
    'swagger-ui.css': swaggerUi('swagger-ui.css'),
    'swagger-ui-bundle.js': swaggerUi('swagger-ui-bundle.js'),
    'favicon-32x32.png': swaggerUi('favicon-32x32.png'),
    'start.js': START_SCRIPT,
  });
  return new Elysia({ name: 'docs', detail: { hide: true } })
    .get('/docs', async () => {
      const { pathOf } = await assets();
      return new Response(page(pathOf), { headers: PAGE_HEADERS });
    })
    .get(DOCUMENT_PATH, async () => {
      document ??= openApiDocument(api, more).then((made) => JSON.stringify(made));
      return new Response(await document, { headers: { 'content-type': 'application/json' } });
    })
    .get('/docs/assets/:name', async ({ params, request }) => (await assets()).answer(params.name, request));
}

function swaggerUi(name: string): Bun.BunFile {
  return Bun.file(new URL(name, import.meta.resolve('swagger-ui-dist/package.json')).pathname);
}
