/** What the rules of categories say of products, in SQL: the one place, whoever asks of one product or of all. */

import { type SQL, sql } from 'drizzle-orm';
import type { CategoryId } from '#lib/ids.ts';
import type { Transaction } from './client.ts';
import { productAttributes } from './schema/attributes.ts';
import { products } from './schema/catalog.ts';
import { categoryMembers, categoryRules } from './schema/category-rules.ts';

/** Any number that all processes agree on: whoever changes a rule waits for those who act by it. */
const RULES_LOCK = 727_014;

/** A condition `c` of JSON, held against a row of products. Null is no. */
function holds(product: SQL): SQL {
  return sql`case c ->> 'field'
    when 'tag' then (c ->> 'value') = any (${product}.tags)
    when 'vendor' then ${product}.vendor = (c ->> 'value')
    when 'title' then position(lower(c ->> 'value') in lower(${product}.name)) > 0
    when 'price' then ${product}.price_minor >= coalesce((c ->> 'from')::bigint, 0)
                  and ${product}.price_minor <= coalesce((c ->> 'to')::bigint, ${Number.MAX_SAFE_INTEGER}::bigint)
    when 'attribute' then exists (
      select 1 from ${productAttributes} pa
       where pa.product_id = ${product}.id and pa.key = (c ->> 'key') and pa.value = (c ->> 'value'))
    end`;
}

export interface RuleInSql {
  readonly match: SQL;
  readonly conditions: SQL;
}

/** Whether a rule takes in the product of a row: what is not on sale is nowhere. */
export function takesIn({ match, conditions }: RuleInSql, product: SQL = sql`${products}`): SQL {
  const given = sql`jsonb_array_elements(${conditions}) c`;
  return sql`(${product}.withdrawn_at is null and case ${match}
    when 'any' then exists (select 1 from ${given} where ${holds(product)})
    else not exists (select 1 from ${given} where (${holds(product)}) is not true) end)`;
}

/** Until the transaction ends no rule changes. */
export async function holdRules(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${RULES_LOCK})`);
}

/** To change one: nobody is at work by the rules as they were. */
export async function lockRules(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${RULES_LOCK})`);
}

/** Takes in everything that a rule says, into a category that has nothing by it yet: for a shop that is being stocked. */
export async function fillByRule(tx: Transaction, id: CategoryId): Promise<void> {
  const rule = { match: sql`r.match`, conditions: sql`r.conditions` };
  await tx.execute(sql`
    insert into ${categoryMembers} (category_id, product_id)
    select r.category_id, p.id from ${categoryRules} r cross join ${products} p
     where r.category_id = ${id} and ${takesIn(rule, sql`p`)}`);
}
