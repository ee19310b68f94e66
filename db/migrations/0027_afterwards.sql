CREATE TYPE "public"."document_series" AS ENUM('invoice', 'credit_note');--> statement-breakpoint
CREATE TYPE "public"."order_editor" AS ENUM('shopper', 'staff');--> statement-breakpoint
ALTER TYPE "public"."return_status" ADD VALUE 'exchanged';--> statement-breakpoint
CREATE TABLE "document_counters" (
	"series" "document_series" PRIMARY KEY NOT NULL,
	"last_number" bigint NOT NULL,
	CONSTRAINT "document_counters_begin_at_one" CHECK ("document_counters"."last_number" >= 1)
);
--> statement-breakpoint
CREATE TABLE "documents" (
	"series" "document_series" NOT NULL,
	"number" bigint NOT NULL,
	"order_id" uuid NOT NULL,
	"refund_id" uuid,
	"seller_name" text NOT NULL,
	"seller_address" text NOT NULL,
	"seller_tax_id" text NOT NULL,
	"issued_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "documents_series_number_pk" PRIMARY KEY("series","number"),
	CONSTRAINT "documents_credit_notes_have_refunds" CHECK (("documents"."series" = 'credit_note') = ("documents"."refund_id" is not null))
);
--> statement-breakpoint
CREATE TABLE "order_edit_lines" (
	"edit_id" uuid NOT NULL,
	"line_id" uuid NOT NULL,
	"removed" integer NOT NULL,
	"charged_minor" bigint NOT NULL,
	CONSTRAINT "order_edit_lines_edit_id_line_id_pk" PRIMARY KEY("edit_id","line_id"),
	CONSTRAINT "order_edit_lines_removed_positive" CHECK ("order_edit_lines"."removed" > 0),
	CONSTRAINT "order_edit_lines_charge_not_negative" CHECK ("order_edit_lines"."charged_minor" >= 0)
);
--> statement-breakpoint
CREATE TABLE "order_edits" (
	"id" uuid PRIMARY KEY NOT NULL,
	"order_id" uuid NOT NULL,
	"editor" "order_editor" NOT NULL,
	"actor_id" uuid,
	"refund_id" uuid NOT NULL,
	"refund_minor" bigint,
	"address_before" "bytea",
	"changes_address" boolean NOT NULL,
	"made_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "order_edits_refund_id_unique" UNIQUE("refund_id"),
	CONSTRAINT "order_edits_refund_positive" CHECK ("order_edits"."refund_minor" > 0),
	CONSTRAINT "order_edits_address_changed" CHECK ("order_edits"."address_before" is null or "order_edits"."changes_address")
);
--> statement-breakpoint
CREATE TABLE "exchanges" (
	"return_id" uuid PRIMARY KEY NOT NULL,
	"order_id" uuid NOT NULL,
	"made_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "exchanges_order_id_unique" UNIQUE("order_id")
);
--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_captured_with_intent";--> statement-breakpoint
ALTER TABLE "line_units" ADD COLUMN "removed" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "return_lines" ADD COLUMN "replacement_id" uuid;--> statement-breakpoint
ALTER TABLE "return_lines" ADD COLUMN "replacement_minor" bigint;--> statement-breakpoint
ALTER TABLE "return_lines" ADD COLUMN "exchanged" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "return_lines" ADD COLUMN "exchanged_minor" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "documents" ADD CONSTRAINT "documents_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "documents" ADD CONSTRAINT "documents_refund_id_refunds_id_fk" FOREIGN KEY ("refund_id") REFERENCES "public"."refunds"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_edit_lines" ADD CONSTRAINT "order_edit_lines_edit_id_order_edits_id_fk" FOREIGN KEY ("edit_id") REFERENCES "public"."order_edits"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_edit_lines" ADD CONSTRAINT "order_edit_lines_line_id_line_units_line_id_fk" FOREIGN KEY ("line_id") REFERENCES "public"."line_units"("line_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_edits" ADD CONSTRAINT "order_edits_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "exchanges" ADD CONSTRAINT "exchanges_return_id_returns_id_fk" FOREIGN KEY ("return_id") REFERENCES "public"."returns"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "exchanges" ADD CONSTRAINT "exchanges_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "documents_one_invoice" ON "documents" USING btree ("order_id") WHERE "documents"."series" = 'invoice';--> statement-breakpoint
CREATE UNIQUE INDEX "documents_one_credit_note" ON "documents" USING btree ("refund_id") WHERE "documents"."refund_id" is not null;--> statement-breakpoint
CREATE INDEX "order_edits_order" ON "order_edits" USING btree ("order_id","made_at");--> statement-breakpoint
ALTER TABLE "return_lines" ADD CONSTRAINT "return_lines_replacement_id_variants_id_fk" FOREIGN KEY ("replacement_id") REFERENCES "public"."variants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "line_units" ADD CONSTRAINT "line_units_removed_were_not_packed" CHECK ("line_units"."removed" >= 0 and "line_units"."packed" + "line_units"."removed" <= "line_units"."bought");--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_captured_with_intent" CHECK ("payments"."status" <> 'captured' or "payments"."stripe_payment_intent_id" is not null or "payments"."amount_minor" = 0);--> statement-breakpoint
ALTER TABLE "return_lines" ADD CONSTRAINT "return_lines_replacement_has_a_price" CHECK (("return_lines"."replacement_id" is null) = ("return_lines"."replacement_minor" is null) and "return_lines"."replacement_minor" >= 0);--> statement-breakpoint
ALTER TABLE "return_lines" ADD CONSTRAINT "return_lines_exchanged_came" CHECK ("return_lines"."exchanged" between 0 and "return_lines"."restocked" + "return_lines"."written_off"
        and "return_lines"."exchanged_minor" between 0 and "return_lines"."charged_minor");--> statement-breakpoint
-- What was paid and given back before there were documents gets its numbers now, in the order in which it happened. Who sold it is not known here: whoever prints one names the seller of then.
INSERT INTO "documents" ("series", "number", "order_id", "seller_name", "seller_address", "seller_tax_id", "issued_at")
SELECT 'invoice', row_number() OVER (ORDER BY "captured_at", "order_id"), "order_id", '', '', '', "captured_at"
  FROM "payments" WHERE "status" = 'captured' AND "amount_minor" > 0;--> statement-breakpoint
INSERT INTO "documents" ("series", "number", "order_id", "refund_id", "seller_name", "seller_address", "seller_tax_id", "issued_at")
SELECT 'credit_note', row_number() OVER (ORDER BY r."settled_at", r."id"), p."order_id", r."id", '', '', '', r."settled_at"
  FROM "refunds" r JOIN "payments" p ON p."id" = r."payment_id"
 WHERE r."status" = 'succeeded' AND p."status" = 'captured' AND p."amount_minor" > 0;--> statement-breakpoint
INSERT INTO "document_counters" ("series", "last_number") SELECT "series", count(*) FROM "documents" GROUP BY "series";
