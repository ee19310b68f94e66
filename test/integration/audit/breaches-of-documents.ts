/** Every way in which documents could be wrong, and the checks that must see it. */

import type { Breach } from './breaches-of-books.ts';

export const DOCUMENT_BREACHES: readonly Breach[] = [
  {
    what: 'a paid order without its invoice, and so a number that nothing has',
    seenBy: ['documents-without-gaps', 'invoiced-once'],
    rows: (sql, { paid }) => sql`delete from documents where order_id = ${paid} and series = 'invoice'`,
  },
  {
    what: 'an invoice of an order that nobody paid',
    seenBy: ['documents-without-gaps', 'invoiced-once'],
    rows: (sql, { declined }) =>
      sql`insert into documents (series, number, order_id, seller_name, seller_address, seller_tax_id, issued_at)
          values ('invoice', 1000, ${declined}, '', '', '', now())`,
  },
  {
    what: 'an invoice that has jumped a number',
    seenBy: ['documents-without-gaps'],
    rows: async (sql) => {
      await sql`update document_counters set last_number = last_number + 1 where series = 'invoice'`;
      await sql`update documents set number = number + 1 where series = 'invoice' and number = (
                  select max(number) from documents where series = 'invoice')`;
    },
  },
  {
    what: 'a number that was given away to nothing',
    seenBy: ['documents-without-gaps'],
    rows: (sql) =>
      sql`update document_counters set last_number = last_number + 1 where series = 'credit_note'`,
  },
  {
    what: 'a refund that is credited as if it were of another order',
    seenBy: ['credited-once'],
    rows: (sql, { refunded, paid }) =>
      sql`update documents set order_id = ${paid} where order_id = ${refunded} and series = 'credit_note'`,
  },
  {
    what: 'a refund without its credit note',
    seenBy: ['credited-once', 'documents-without-gaps'],
    rows: (sql, { refunded }) =>
      sql`delete from documents where order_id = ${refunded} and series = 'credit_note'`,
  },
];
