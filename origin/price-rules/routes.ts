/** The rules of pricing over HTTP, for admins: the same four operations for each kind. */

import type { TObject } from '@sinclair/typebox';
import { type AnyElysia, Elysia } from 'elysia';
import type { CustomerGroupId, UserId } from '#lib/ids.ts';
import type { ProblemCode } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { page } from '#origin/http/schemas.ts';
import { DISCOUNT } from './discount-kind.ts';
import { type AnyKind, CURRENCY, GROUP, METHOD, TAX_RATE, ZONE } from './kinds.ts';
import * as model from './model.ts';
import { PRICE } from './price-kind.ts';
import * as rules from './service.ts';

const FAILURES = ['unauthenticated', 'forbidden'] as const;
const CREATED = 201;

interface RulePath {
  readonly kind: AnyKind;
  readonly path: string;
  /** As operations are named: `TaxRate`. */
  readonly id: string;
  /** For people, in the plural and with its article. */
  readonly many: string;
  readonly one: string;
  /** What it does to carts. */
  readonly effect: string;
  readonly New: TObject;
  readonly Change: TObject;
  readonly Rule: TObject;
  readonly Params?: TObject;
  readonly failures: readonly ProblemCode[];
}

const PATHS: readonly RulePath[] = [
  {
    ...{ kind: CURRENCY, path: 'currencies', id: 'Currency', many: 'currencies', one: 'a currency' },
    ...{ New: model.NewCurrency, Change: model.CurrencyChange, Rule: model.CurrencyRule },
    effect:
      'Carts may then be priced and paid in it; variants without a price in it are not sold in it. None with more than two places, ' +
      'nor ISK, MGA or UGX: Stripe takes other amounts of them.',
    ...{ Params: model.CurrencyParams, failures: ['currency_taken', 'shop_currency_stays'] },
  },
  {
    ...{ kind: GROUP, path: 'customer-groups', id: 'CustomerGroup', many: 'customer groups' },
    ...{ one: 'a customer group', New: model.NewGroup, Change: model.GroupChange, Rule: model.GroupRule },
    effect: 'Price lists and discounts may be for its members alone, and they may be exempt from tax.',
    failures: ['group_name_taken'],
  },
  {
    ...{ kind: PRICE, path: 'prices', id: 'Price', many: 'prices of the price lists', one: 'a price' },
    ...{ New: model.NewPrice, Change: model.PriceChange, Rule: model.PriceRule },
    effect:
      'Of the prices that are in force for a customer and a quantity the lowest counts. In the shop’s currency the variant’s ' +
      'own is one of them, unless there is one for everybody and any quantity.',
    failures: ['price_window_overlaps', 'variant_not_found', 'customer_group_not_found', 'prices_full'],
  },
  {
    ...{ kind: TAX_RATE, path: 'tax-rates', id: 'TaxRate', many: 'tax rates', one: 'a tax rate' },
    ...{ New: model.NewTaxRate, Change: model.TaxRateChange, Rule: model.TaxRateRule },
    effect:
      'Of the rates of a category the one of a region counts before the one of its country. Where a country has one of ' +
      'a region, now or later, nobody buys there without telling theirs.',
    failures: ['tax_rate_window_overlaps'],
  },
  {
    ...{ kind: ZONE, path: 'shipping-zones', id: 'ShippingZone', many: 'shipping zones' },
    ...{ one: 'a shipping zone', New: model.NewZone, Change: model.ZoneChange, Rule: model.ZoneRule },
    effect:
      'As soon as there is a zone, checkout wants an address in one, and a way to ship there; and its region or a postal ' +
      'code as that country has them, where areas of the country go by it. Where all have ended, or lost their areas, ' +
      'nothing is shipped.',
    failures: ['shipping_area_taken'],
  },
  {
    ...{ kind: METHOD, path: 'shipping-methods', id: 'ShippingMethod', many: 'ways of shipping' },
    ...{ one: 'a way of shipping', New: model.NewMethod, Change: model.MethodChange, Rule: model.MethodRule },
    effect: 'Carts with a destination in its zone may choose it; `pickup` has no zone.',
    failures: ['shipping_zone_not_found', 'stock_location_not_found', 'stock_location_inactive'],
  },
  {
    ...{ kind: DISCOUNT, path: 'discounts', id: 'Discount', many: 'discounts', one: 'a discount' },
    ...{ New: model.NewDiscount, Change: model.DiscountChange, Rule: model.DiscountRule },
    effect: 'With a code it is for carts that have it, without one for every cart that it fits.',
    failures: ['code_taken', 'customer_group_not_found', 'product_not_found', 'category_not_found'],
  },
];

export function priceRuleRoutes(deps: Deps, tokens: AccessTokens): AnyElysia {
  const all = new Elysia({ name: 'price-rules', prefix: '/api/v1', normalize: false });
  for (const path of PATHS) all.use(makingRoutes(deps, tokens, path)).use(changingRoutes(deps, tokens, path));
  return all.use(memberRoutes(deps, tokens));
}

function makingRoutes(deps: Deps, tokens: AccessTokens, { kind, path, ...rest }: RulePath) {
  const { id, many, one, effect, New, Rule, failures } = rest;
  return new Elysia({ name: `making-${path}`, prefix: `/${path}`, normalize: false })
    .use(auth(tokens))
    .post(
      '',
      async ({ body, caller, request }) => {
        const made = await rules.makeRule(forRequest(deps, request), signedIn(caller), kind, body);
        return Response.json(made, { status: CREATED, headers: PRIVATE });
      },
      {
        access: 'pricing:write',
        body: New,
        detail: operation({
          id: `create${id}`,
          summary: `Make ${one}`,
          description: effect,
          tag: 'Pricing',
          success: { status: CREATED, description: 'As it is then.', schema: Rule },
          failures: [...FAILURES, ...failures],
        }),
      },
    )
    .get(
      '',
      async ({ query }) => Response.json(await rules.listRules(deps, kind, query), { headers: PRIVATE }),
      {
        access: 'pricing:read',
        query: model.RuleListQuery,
        detail: operation({
          id: `list${id}s`,
          summary: `The ${many}, also those that have ended`,
          description: `A page at a time. ${effect}`,
          tag: 'Pricing',
          success: { status: 200, description: 'A page.', schema: page(Rule) },
          failures: FAILURES,
        }),
      },
    );
}

function changingRoutes(deps: Deps, tokens: AccessTokens, { kind, path, ...rest }: RulePath) {
  const { id, one, Change, Rule, Params = model.RuleParams, failures } = rest;
  const success = { status: 200, description: 'As it is then.', schema: Rule };
  return new Elysia({ name: `changing-${path}`, prefix: `/${path}`, normalize: false })
    .use(auth(tokens))
    .patch(
      '/:id',
      async ({ body: change, caller, params, request }) => {
        const { id: key } = params as { readonly id: string };
        const changing = { key, change };
        return Response.json(
          await rules.changeRule(forRequest(deps, request), signedIn(caller), kind, changing),
          { headers: PRIVATE },
        );
      },
      {
        access: 'pricing:write',
        params: Params,
        body: Change,
        detail: operation({
          id: `change${id}`,
          summary: `Change ${one}`,
          description: 'For what is priced from then on; orders keep what they were sold by.',
          tag: 'Pricing',
          success,
          failures: [...FAILURES, 'price_rule_not_found', ...failures],
        }),
      },
    )
    .delete(
      '/:id',
      async ({ caller, params, request }) => {
        const { id: key } = params as { readonly id: string };
        return Response.json(await rules.endRule(forRequest(deps, request), signedIn(caller), kind, key), {
          headers: PRIVATE,
        });
      },
      {
        access: 'pricing:write',
        params: Params,
        detail: operation({
          id: `end${id}`,
          summary: `End ${one} now`,
          description: 'What was sold by it stays as it is.',
          tag: 'Pricing',
          success,
          failures: [
            ...FAILURES,
            'price_rule_not_found',
            ...failures.filter((code) => code === 'shop_currency_stays'),
          ],
        }),
      },
    );
}

function memberRoutes(deps: Deps, tokens: AccessTokens) {
  const NO_CONTENT = 204;
  const memberOf = (params: { readonly id: string; readonly userId: string }) => ({
    groupId: params.id as CustomerGroupId,
    userId: params.userId as UserId,
  });
  return new Elysia({ name: 'group-members', prefix: '/customer-groups', normalize: false })
    .use(auth(tokens))
    .post(
      '/:id/members',
      async ({ body, caller, params, request, set }) => {
        await rules.join(forRequest(deps, request), signedIn(caller), memberOf({ ...params, ...body }));
        set.status = NO_CONTENT;
      },
      {
        access: 'pricing:write',
        params: model.RuleParams,
        body: model.NewMember,
        detail: operation({
          id: 'addCustomerGroupMember',
          summary: 'Take a customer into a group',
          description:
            "Their carts have the group's prices and discounts from then on; once more changes nothing.",
          tag: 'Pricing',
          success: { status: NO_CONTENT, description: 'They are in it.' },
          failures: [...FAILURES, 'customer_group_not_found', 'user_not_found'],
        }),
      },
    )
    .delete(
      '/:id/members/:userId',
      async ({ caller, params, request, set }) => {
        await rules.leave(forRequest(deps, request), signedIn(caller), memberOf(params));
        set.status = NO_CONTENT;
      },
      {
        access: 'pricing:write',
        params: model.MemberParams,
        detail: operation({
          id: 'removeCustomerGroupMember',
          summary: 'Take a customer out of a group',
          description: 'What they have ordered stays as it is; once more changes nothing.',
          tag: 'Pricing',
          success: { status: NO_CONTENT, description: 'They are in it no more.' },
          failures: [...FAILURES, 'customer_group_not_found'],
        }),
      },
    );
}
