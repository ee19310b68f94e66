/** Rules of categories over HTTP, for admins. */

import { Elysia } from 'elysia';
import type { CategoryId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { NewRule, Preview, Rule, RuleParams } from './model.ts';
import { previewRule, readRule, removeRule, saveRule } from './service.ts';

const NO_CONTENT = 204;
const RULE = { status: 200, description: 'The rule.', schema: Rule };
const REFUSED = ['unauthenticated', 'forbidden'] as const;

export function categoryRuleRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'category-rules', prefix: '/api/v1', normalize: false })
    .use(auth(tokens))
    .post(
      '/category-rules/preview',
      async ({ body, request }) =>
        Response.json(await previewRule(forRequest(deps, request), body), { headers: PRIVATE }),
      {
        access: 'categories:write',
        body: NewRule,
        detail: operation({
          id: 'previewCategoryRule',
          summary: 'See what a rule would take in',
          description: 'Of the newest products on sale. Nothing is changed.',
          tag: 'Catalogue',
          success: { status: 200, description: 'What it would take in.', schema: Preview },
          failures: REFUSED,
        }),
      },
    )
    .use(ofCategory(deps, tokens));
}

function ofCategory(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'category-rule', prefix: '/categories/:id/rule', normalize: false })
    .use(auth(tokens))
    .get(
      '',
      async ({ caller, params }) => {
        const rule = await readRule(deps, signedIn(caller), params.id as CategoryId);
        return Response.json(rule, { headers: PRIVATE });
      },
      {
        access: 'categories:write',
        params: RuleParams,
        detail: operation({
          id: 'readCategoryRule',
          summary: 'The rule of a category',
          description: 'What it has taken in is listed with the rest of the category.',
          tag: 'Catalogue',
          success: RULE,
          failures: [...REFUSED, 'category_rule_not_found'],
        }),
      },
    )
    .post(
      '',
      async ({ body, caller, params, request }) => {
        const scope = forRequest(deps, request);
        const rule = await saveRule(scope, signedIn(caller), params.id as CategoryId, body);
        return Response.json(rule, { headers: PRIVATE });
      },
      {
        access: 'categories:write',
        params: RuleParams,
        body: NewRule,
        detail: operation({
          id: 'saveCategoryRule',
          summary: 'Have a category take products in by itself',
          description:
            'In place of the rule that it has. Products that were put into the category by hand stay; those that the ' +
            'rule takes in come a moment later, in lists, counts and search, and leave again when it fits them no more.',
          tag: 'Catalogue',
          success: RULE,
          failures: [...REFUSED, 'category_not_found', 'category_rules_full'],
        }),
      },
    )
    .delete(
      '',
      async ({ caller, params, request, set }) => {
        await removeRule(forRequest(deps, request), signedIn(caller), params.id as CategoryId);
        set.status = NO_CONTENT;
      },
      {
        access: 'categories:write',
        params: RuleParams,
        detail: operation({
          id: 'removeCategoryRule',
          summary: 'Take a category’s rule away, with all that it has taken in',
          description: 'Products that were put into the category by hand stay.',
          tag: 'Catalogue',
          success: { status: NO_CONTENT, description: 'It is gone.' },
          failures: [...REFUSED, 'category_rule_not_found'],
        }),
      },
    );
}
