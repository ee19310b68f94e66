/** Attributes over HTTP: merchants read them, admins define them. */

import { Elysia } from 'elysia';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { Attribute, AttributeChange, AttributeList, AttributeParams, NewAttribute } from './model.ts';
import { changeAttribute, createAttribute, readAttributes, removeAttribute } from './service.ts';

const CREATED = 201;
const NO_CONTENT = 204;
const ATTRIBUTE = { description: 'The attribute.', schema: Attribute };
const FAILURES = ['unauthenticated', 'forbidden'] as const;

export function attributeRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'attributes', prefix: '/api/v1/attributes', normalize: false })
    .use(auth(tokens))
    .get(
      '',
      async ({ caller }) =>
        Response.json({ items: await readAttributes(deps, signedIn(caller)) }, { headers: PRIVATE }),
      {
        access: 'products:write',
        detail: operation({
          id: 'listAttributes',
          summary: 'What products can say of themselves',
          description: 'With the kind of their values, the choices of each, and the category that it is for.',
          tag: 'Catalogue',
          success: { status: 200, description: 'All attributes.', schema: AttributeList },
          failures: FAILURES,
        }),
      },
    )
    .post(
      '',
      async ({ body, caller, request }) => {
        const attribute = await createAttribute(forRequest(deps, request), signedIn(caller), body);
        return Response.json(attribute, { status: CREATED, headers: PRIVATE });
      },
      {
        access: 'attributes:write',
        body: NewAttribute,
        detail: operation({
          id: 'createAttribute',
          summary: 'Define an attribute',
          description: '`changeProduct` gives products values of it; `listProducts` finds them by these.',
          tag: 'Catalogue',
          success: { status: CREATED, ...ATTRIBUTE },
          failures: [...FAILURES, 'attribute_taken', 'attributes_full'],
        }),
      },
    )
    .use(changes(deps, tokens));
}

function changes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'attribute-changes', normalize: false })
    .use(auth(tokens))
    .patch(
      '/:key',
      async ({ body, caller, params, request }) => {
        const attribute = await changeAttribute(
          forRequest(deps, request),
          signedIn(caller),
          params.key,
          body,
        );
        return Response.json(attribute, { headers: PRIVATE });
      },
      {
        access: 'attributes:write',
        params: AttributeParams,
        body: AttributeChange,
        detail: operation({
          id: 'changeAttribute',
          summary: 'Rename an attribute, or change its choices',
          description: 'Its kind stays. A choice that a product has made stays, too.',
          tag: 'Catalogue',
          success: { status: 200, ...ATTRIBUTE },
          failures: [...FAILURES, 'attribute_not_found', 'attribute_in_use'],
        }),
      },
    )
    .delete(
      '/:key',
      async ({ caller, params, request, set }) => {
        await removeAttribute(forRequest(deps, request), signedIn(caller), params.key);
        set.status = NO_CONTENT;
      },
      {
        access: 'attributes:write',
        params: AttributeParams,
        detail: operation({
          id: 'removeAttribute',
          summary: 'Remove an attribute that no product has',
          description: 'While a product has it, it stays: take it off those first.',
          tag: 'Catalogue',
          success: { status: NO_CONTENT, description: 'It is gone.' },
          failures: [...FAILURES, 'attribute_not_found', 'attribute_in_use'],
        }),
      },
    );
}
