/** What PostgreSQL's log says was asked, and the same for pgbench. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseLog, toPgbench } from '#bench/load/statement-log.ts';

const PREFIX = '2026-09-03 10:11:12.345 UTC [4711] ';

test('an entry of several lines with parameters is one statement', () => {
  const log = [
    `${PREFIX}LOG:  execute <unnamed>: select *`,
    '\t  from products',
    '\t where slug = $1 and price > $2',
    `${PREFIX}DETAIL:  parameters: $1 = 'it''s', $2 = NULL`,
    `${PREFIX}LOG:  statement: select 1`,
    `${PREFIX}LOG:  checkpoint starting: time`,
    '',
  ].join('\n');
  expect(parseLog(log)).toEqual([
    { text: 'select *\n  from products\n where slug = $1 and price > $2', parameters: ["it's", null] },
    { text: 'select 1', parameters: [] },
  ]);
});

test("parameters come out as they went in, quotes and all, under newer servers' spelling too", () => {
  const parameter = fc.option(fc.string().filter((text) => !text.includes('\n')));
  fc.assert(
    fc.property(fc.array(parameter, { minLength: 1, maxLength: 12 }), (parameters) => {
      const listed = parameters.map((value, index) =>
        value === null ? `$${index + 1} = NULL` : `$${index + 1} = '${value.replaceAll("'", "''")}'`,
      );
      const log = `${PREFIX}LOG:  execute s1: select 1\n${PREFIX}DETAIL:  Parameters: ${listed.join(', ')}\n`;
      expect(parseLog(log)[0]?.parameters).toEqual(parameters);
    }),
  );
});

test("parameters become pgbench's variables, and NULL stays what it is", () => {
  const { text, variables } = toPgbench([
    { text: 'select $1::uuid, $2, $1;', parameters: ['a', null] },
    { text: 'select $10', parameters: [...Array<null>(9).fill(null), 'z'] },
  ]);
  expect(text).toBe('select :s0_1::uuid, null, :s0_1;\nselect :s1_10;\n');
  expect(variables).toEqual({ s0_1: 'a', s1_10: 'z' });
});
