CREATE TRIGGER location_ledger_append_only BEFORE UPDATE OR DELETE ON "location_ledger"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();--> statement-breakpoint

-- What was paid and given back before there were documents gets its numbers now, in the order in which it happened. Who sold it is not known here: whoever prints one names the seller of then.
INSERT INTO "documents" ("series", "number", "order_id", "seller_name", "seller_address", "seller_tax_id", "issued_at")
SELECT 'invoice', row_number() OVER (ORDER BY "captured_at", "order_id"), "order_id", '', '', '', "captured_at"
  FROM "payments" WHERE "status" = 'captured' AND "amount_minor" > 0;--> statement-breakpoint
INSERT INTO "documents" ("series", "number", "order_id", "refund_id", "seller_name", "seller_address", "seller_tax_id", "issued_at")
SELECT 'credit_note', row_number() OVER (ORDER BY r."settled_at", r."id"), p."order_id", r."id", '', '', '', r."settled_at"
  FROM "refunds" r JOIN "payments" p ON p."id" = r."payment_id"
 WHERE r."status" = 'succeeded' AND p."status" = 'captured' AND p."amount_minor" > 0;--> statement-breakpoint
INSERT INTO "document_counters" ("series", "last_number") SELECT "series", count(*) FROM "documents" GROUP BY "series";
