CREATE TYPE "public"."location_movement" AS ENUM('receipt', 'correction', 'sale', 'return', 'transfer', 'reroute');--> statement-breakpoint
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
	CONSTRAINT "location_ledger_of_orders" CHECK (("location_ledger"."movement" in ('sale', 'return', 'reroute')) = ("location_ledger"."order_id" is not null)),
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
ALTER TABLE "shipments" ADD COLUMN "location_id" uuid;--> statement-breakpoint
ALTER TABLE "inventory" ADD COLUMN "elsewhere" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD COLUMN "location_id" uuid;--> statement-breakpoint
ALTER TABLE "order_allocations" ADD CONSTRAINT "order_allocations_line_id_order_lines_id_fk" FOREIGN KEY ("line_id") REFERENCES "public"."order_lines"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_allocations" ADD CONSTRAINT "order_allocations_location_id_stock_locations_id_fk" FOREIGN KEY ("location_id") REFERENCES "public"."stock_locations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_allocations" ADD CONSTRAINT "order_allocations_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "location_ledger" ADD CONSTRAINT "location_ledger_variant_id_variants_id_fk" FOREIGN KEY ("variant_id") REFERENCES "public"."variants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "location_ledger" ADD CONSTRAINT "location_ledger_location_id_stock_locations_id_fk" FOREIGN KEY ("location_id") REFERENCES "public"."stock_locations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "location_stock" ADD CONSTRAINT "location_stock_variant_id_inventory_variant_id_fk" FOREIGN KEY ("variant_id") REFERENCES "public"."inventory"("variant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "location_stock" ADD CONSTRAINT "location_stock_location_id_stock_locations_id_fk" FOREIGN KEY ("location_id") REFERENCES "public"."stock_locations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "order_allocations_order" ON "order_allocations" USING btree ("order_id");--> statement-breakpoint
CREATE INDEX "order_allocations_location" ON "order_allocations" USING btree ("location_id","order_id");--> statement-breakpoint
CREATE INDEX "location_ledger_variant" ON "location_ledger" USING btree ("variant_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "location_ledger_sold_once" ON "location_ledger" USING btree ("order_id","variant_id","location_id") WHERE "location_ledger"."movement" = 'sale';--> statement-breakpoint
CREATE UNIQUE INDEX "location_ledger_two_ends" ON "location_ledger" USING btree ("move_id","location_id") WHERE "location_ledger"."move_id" is not null;--> statement-breakpoint
CREATE INDEX "location_stock_location" ON "location_stock" USING btree ("location_id") WHERE "location_stock"."on_hand" > 0;--> statement-breakpoint
ALTER TABLE "shipments" ADD CONSTRAINT "shipments_location_id_stock_locations_id_fk" FOREIGN KEY ("location_id") REFERENCES "public"."stock_locations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_location_id_stock_locations_id_fk" FOREIGN KEY ("location_id") REFERENCES "public"."stock_locations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inventory" ADD CONSTRAINT "inventory_elsewhere_is_on_hand" CHECK ("inventory"."elsewhere" between 0 and "inventory"."on_hand");--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_location_of_pickup" CHECK ("shipping_methods"."location_id" is null or "shipping_methods"."kind" = 'pickup');