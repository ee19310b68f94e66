CREATE TYPE "public"."document_series" AS ENUM('invoice', 'credit_note');--> statement-breakpoint
CREATE TYPE "public"."location_movement" AS ENUM('receipt', 'correction', 'sale', 'return', 'removal', 'transfer', 'reroute');--> statement-breakpoint
CREATE TYPE "public"."order_editor" AS ENUM('shopper', 'staff');--> statement-breakpoint
ALTER TYPE "public"."return_status" ADD VALUE 'exchanged';--> statement-breakpoint
CREATE TABLE "cart_reminders" (
	"id" uuid PRIMARY KEY NOT NULL,
	"cart_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"cart_version" bigint NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"stop_hash" "bytea",
	CONSTRAINT "cart_reminders_stop_hash_unique" UNIQUE("stop_hash"),
	CONSTRAINT "cart_reminders_once" UNIQUE("cart_id","cart_version")
);
--> statement-breakpoint
CREATE TABLE "saved_items" (
	"id" uuid PRIMARY KEY NOT NULL,
	"cart_id" uuid NOT NULL,
	"variant_id" uuid NOT NULL,
	"quantity" integer NOT NULL,
	"saved_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "saved_items_one_per_variant" UNIQUE("cart_id","variant_id"),
	CONSTRAINT "saved_items_quantity_in_range" CHECK ("saved_items"."quantity" between 1 and 999)
);
--> statement-breakpoint
CREATE TABLE "category_members" (
	"category_id" uuid NOT NULL,
	"product_id" uuid NOT NULL,
	CONSTRAINT "category_members_category_id_product_id_pk" PRIMARY KEY("category_id","product_id")
);
--> statement-breakpoint
CREATE TABLE "category_rules" (
	"category_id" uuid PRIMARY KEY NOT NULL,
	"match" text NOT NULL,
	"conditions" jsonb NOT NULL,
	"version" bigint DEFAULT 1 NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "category_rules_match" CHECK ("category_rules"."match" in ('all', 'any')),
	CONSTRAINT "category_rules_have_conditions" CHECK (jsonb_array_length("category_rules"."conditions") > 0)
);
--> statement-breakpoint
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
CREATE TABLE "order_allocations" (
	"line_id" uuid NOT NULL,
	"location_id" uuid NOT NULL,
	"order_id" uuid NOT NULL,
	"quantity" integer NOT NULL,
	CONSTRAINT "order_allocations_line_id_location_id_pk" PRIMARY KEY("line_id","location_id"),
	CONSTRAINT "order_allocations_not_negative" CHECK ("order_allocations"."quantity" >= 0)
);
--> statement-breakpoint
CREATE TABLE "location_ledger" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "location_ledger_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"variant_id" uuid NOT NULL,
	"location_id" uuid NOT NULL,
	"movement" "location_movement" NOT NULL,
	"delta" integer NOT NULL,
	"order_id" uuid,
	"move_id" uuid,
	"actor_id" uuid,
	"reason" text DEFAULT '' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "location_ledger_moves_something" CHECK ("location_ledger"."delta" <> 0),
	CONSTRAINT "location_ledger_of_orders" CHECK (("location_ledger"."movement" in ('sale', 'return', 'removal', 'reroute')) = ("location_ledger"."order_id" is not null)),
	CONSTRAINT "location_ledger_of_moves" CHECK (("location_ledger"."movement" in ('transfer', 'reroute')) = ("location_ledger"."move_id" is not null))
);
--> statement-breakpoint
CREATE TABLE "location_stock" (
	"variant_id" uuid NOT NULL,
	"location_id" uuid NOT NULL,
	"on_hand" integer NOT NULL,
	CONSTRAINT "location_stock_variant_id_location_id_pk" PRIMARY KEY("variant_id","location_id"),
	CONSTRAINT "location_stock_not_negative" CHECK ("location_stock"."on_hand" >= 0),
	CONSTRAINT "location_stock_is_elsewhere" CHECK ("location_stock"."location_id" <> '01890a5d-ac96-7000-8000-000000000001')
);
--> statement-breakpoint
CREATE TABLE "media_uploads" (
	"user_id" uuid NOT NULL,
	"sent_hash" text NOT NULL,
	"name" text NOT NULL,
	"byte_length" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "media_uploads_user_id_sent_hash_pk" PRIMARY KEY("user_id","sent_hash")
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
CREATE TABLE "listed_prices" (
	"product_id" uuid NOT NULL,
	"currency" char(3) NOT NULL,
	"price_minor" bigint NOT NULL,
	CONSTRAINT "listed_prices_product_id_currency_pk" PRIMARY KEY("product_id","currency")
);
--> statement-breakpoint
CREATE TABLE "exchanges" (
	"return_id" uuid PRIMARY KEY NOT NULL,
	"order_id" uuid NOT NULL,
	"made_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "exchanges_order_id_unique" UNIQUE("order_id")
);
--> statement-breakpoint
CREATE TABLE "stock_locations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"country" char(2),
	"region" text DEFAULT '' NOT NULL,
	"postal_code" text DEFAULT '' NOT NULL,
	"latitude" double precision,
	"longitude" double precision,
	"priority" integer DEFAULT 100 NOT NULL,
	"active" boolean DEFAULT true NOT NULL,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stock_locations_coordinates_whole" CHECK (("stock_locations"."latitude" is null) = ("stock_locations"."longitude" is null)),
	CONSTRAINT "stock_locations_coordinates_on_earth" CHECK ("stock_locations"."latitude" between -90 and 90 and "stock_locations"."longitude" between -180 and 180),
	CONSTRAINT "stock_locations_default_stays" CHECK ("stock_locations"."active" or "stock_locations"."id" <> '01890a5d-ac96-7000-8000-000000000001')
);
--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_captured_with_intent";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "cart_reminders_since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "carts" ADD COLUMN "merged_into" uuid;--> statement-breakpoint
ALTER TABLE "carts" ADD COLUMN "merged_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "carts" ADD COLUMN "idle_noted_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "products" ADD COLUMN "price_changes_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "line_units" ADD COLUMN "removed" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "location_id" uuid;--> statement-breakpoint
ALTER TABLE "inventory" ADD COLUMN "elsewhere" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "return_lines" ADD COLUMN "replacement_id" uuid;--> statement-breakpoint
ALTER TABLE "return_lines" ADD COLUMN "replacement_minor" bigint;--> statement-breakpoint
ALTER TABLE "return_lines" ADD COLUMN "exchanged" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "return_lines" ADD COLUMN "exchanged_minor" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD COLUMN "location_id" uuid;--> statement-breakpoint
ALTER TABLE "cart_reminders" ADD CONSTRAINT "cart_reminders_cart_id_carts_id_fk" FOREIGN KEY ("cart_id") REFERENCES "public"."carts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cart_reminders" ADD CONSTRAINT "cart_reminders_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "saved_items" ADD CONSTRAINT "saved_items_cart_id_carts_id_fk" FOREIGN KEY ("cart_id") REFERENCES "public"."carts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "saved_items" ADD CONSTRAINT "saved_items_variant_id_variants_id_fk" FOREIGN KEY ("variant_id") REFERENCES "public"."variants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "category_members" ADD CONSTRAINT "category_members_category_id_categories_id_fk" FOREIGN KEY ("category_id") REFERENCES "public"."categories"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "category_members" ADD CONSTRAINT "category_members_product_id_products_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."products"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "category_rules" ADD CONSTRAINT "category_rules_category_id_categories_id_fk" FOREIGN KEY ("category_id") REFERENCES "public"."categories"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "documents" ADD CONSTRAINT "documents_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "documents" ADD CONSTRAINT "documents_refund_id_refunds_id_fk" FOREIGN KEY ("refund_id") REFERENCES "public"."refunds"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_allocations" ADD CONSTRAINT "order_allocations_line_id_order_lines_id_fk" FOREIGN KEY ("line_id") REFERENCES "public"."order_lines"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_allocations" ADD CONSTRAINT "order_allocations_location_id_stock_locations_id_fk" FOREIGN KEY ("location_id") REFERENCES "public"."stock_locations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_allocations" ADD CONSTRAINT "order_allocations_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "location_ledger" ADD CONSTRAINT "location_ledger_variant_id_variants_id_fk" FOREIGN KEY ("variant_id") REFERENCES "public"."variants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "location_ledger" ADD CONSTRAINT "location_ledger_location_id_stock_locations_id_fk" FOREIGN KEY ("location_id") REFERENCES "public"."stock_locations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "location_stock" ADD CONSTRAINT "location_stock_variant_id_inventory_variant_id_fk" FOREIGN KEY ("variant_id") REFERENCES "public"."inventory"("variant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "location_stock" ADD CONSTRAINT "location_stock_location_id_stock_locations_id_fk" FOREIGN KEY ("location_id") REFERENCES "public"."stock_locations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_uploads" ADD CONSTRAINT "media_uploads_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_uploads" ADD CONSTRAINT "media_uploads_name_media_files_name_fk" FOREIGN KEY ("name") REFERENCES "public"."media_files"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_edit_lines" ADD CONSTRAINT "order_edit_lines_edit_id_order_edits_id_fk" FOREIGN KEY ("edit_id") REFERENCES "public"."order_edits"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_edit_lines" ADD CONSTRAINT "order_edit_lines_line_id_line_units_line_id_fk" FOREIGN KEY ("line_id") REFERENCES "public"."line_units"("line_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_edits" ADD CONSTRAINT "order_edits_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "listed_prices" ADD CONSTRAINT "listed_prices_product_id_products_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."products"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "exchanges" ADD CONSTRAINT "exchanges_return_id_returns_id_fk" FOREIGN KEY ("return_id") REFERENCES "public"."returns"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "exchanges" ADD CONSTRAINT "exchanges_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "cart_reminders_user" ON "cart_reminders" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "cart_reminders_age" ON "cart_reminders" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "category_members_product" ON "category_members" USING btree ("product_id");--> statement-breakpoint
CREATE UNIQUE INDEX "documents_one_invoice" ON "documents" USING btree ("order_id") WHERE "documents"."series" = 'invoice';--> statement-breakpoint
CREATE UNIQUE INDEX "documents_one_credit_note" ON "documents" USING btree ("refund_id") WHERE "documents"."refund_id" is not null;--> statement-breakpoint
CREATE INDEX "order_allocations_order" ON "order_allocations" USING btree ("order_id");--> statement-breakpoint
CREATE INDEX "order_allocations_location" ON "order_allocations" USING btree ("location_id","order_id");--> statement-breakpoint
CREATE INDEX "location_ledger_variant" ON "location_ledger" USING btree ("variant_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "location_ledger_sold_once" ON "location_ledger" USING btree ("order_id","variant_id","location_id") WHERE "location_ledger"."movement" = 'sale';--> statement-breakpoint
CREATE UNIQUE INDEX "location_ledger_two_ends" ON "location_ledger" USING btree ("move_id","location_id") WHERE "location_ledger"."move_id" is not null;--> statement-breakpoint
CREATE INDEX "location_stock_location" ON "location_stock" USING btree ("location_id") WHERE "location_stock"."on_hand" > 0;--> statement-breakpoint
CREATE INDEX "media_uploads_name" ON "media_uploads" USING btree ("name");--> statement-breakpoint
CREATE INDEX "order_edits_order" ON "order_edits" USING btree ("order_id","made_at");--> statement-breakpoint
CREATE INDEX "listed_prices_order" ON "listed_prices" USING btree ("currency","price_minor","product_id");--> statement-breakpoint
ALTER TABLE "carts" ADD CONSTRAINT "carts_merged_into_carts_id_fk" FOREIGN KEY ("merged_into") REFERENCES "public"."carts"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipments" ADD CONSTRAINT "shipments_location_id_stock_locations_id_fk" FOREIGN KEY ("location_id") REFERENCES "public"."stock_locations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "return_lines" ADD CONSTRAINT "return_lines_replacement_id_variants_id_fk" FOREIGN KEY ("replacement_id") REFERENCES "public"."variants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_location_id_stock_locations_id_fk" FOREIGN KEY ("location_id") REFERENCES "public"."stock_locations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "carts_merged_into" ON "carts" USING btree ("merged_into") WHERE "carts"."merged_into" is not null;--> statement-breakpoint
CREATE INDEX "carts_left" ON "carts" USING btree ("updated_at") WHERE "carts"."user_id" is not null and "carts"."idle_noted_at" is null;--> statement-breakpoint
CREATE INDEX "products_price_due" ON "products" USING btree ("price_changes_at") WHERE "products"."price_changes_at" is not null;--> statement-breakpoint
ALTER TABLE "carts" ADD CONSTRAINT "carts_end_once" CHECK ("carts"."merged_at" is null or ("carts"."completed_at" is null and "carts"."user_id" is null));--> statement-breakpoint
ALTER TABLE "carts" ADD CONSTRAINT "carts_merged_dated" CHECK ("carts"."merged_into" is null or "carts"."merged_at" is not null);--> statement-breakpoint
ALTER TABLE "line_units" ADD CONSTRAINT "line_units_removed_were_not_packed" CHECK ("line_units"."removed" >= 0 and "line_units"."packed" + "line_units"."removed" <= "line_units"."bought");--> statement-breakpoint
ALTER TABLE "inventory" ADD CONSTRAINT "inventory_elsewhere_is_on_hand" CHECK ("inventory"."elsewhere" between 0 and "inventory"."on_hand");--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_captured_with_intent" CHECK ("payments"."status" <> 'captured' or "payments"."stripe_payment_intent_id" is not null or "payments"."amount_minor" = 0);--> statement-breakpoint
ALTER TABLE "return_lines" ADD CONSTRAINT "return_lines_replacement_has_a_price" CHECK (("return_lines"."replacement_id" is null) = ("return_lines"."replacement_minor" is null) and "return_lines"."replacement_minor" >= 0);--> statement-breakpoint
ALTER TABLE "return_lines" ADD CONSTRAINT "return_lines_exchanged_came" CHECK ("return_lines"."exchanged" between 0 and "return_lines"."restocked" + "return_lines"."written_off"
        and "return_lines"."exchanged_minor" between 0 and "return_lines"."charged_minor");--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_location_of_pickup" CHECK ("shipping_methods"."location_id" is null or "shipping_methods"."kind" = 'pickup');