CREATE TYPE "public"."shipment_status" AS ENUM('packed', 'shipped', 'delivered', 'unpacked');--> statement-breakpoint
CREATE TABLE "line_units" (
	"line_id" uuid PRIMARY KEY NOT NULL,
	"order_id" uuid NOT NULL,
	"bought" integer NOT NULL,
	"packed" integer DEFAULT 0 NOT NULL,
	"shipped" integer DEFAULT 0 NOT NULL,
	"delivered" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "line_units_not_negative" CHECK (least("line_units"."packed", "line_units"."shipped", "line_units"."delivered") >= 0),
	CONSTRAINT "line_units_packed_were_bought" CHECK ("line_units"."packed" <= "line_units"."bought"),
	CONSTRAINT "line_units_shipped_were_packed" CHECK ("line_units"."shipped" <= "line_units"."packed"),
	CONSTRAINT "line_units_delivered_were_shipped" CHECK ("line_units"."delivered" <= "line_units"."shipped")
);
--> statement-breakpoint
CREATE TABLE "shipment_lines" (
	"shipment_id" uuid NOT NULL,
	"line_id" uuid NOT NULL,
	"quantity" integer NOT NULL,
	CONSTRAINT "shipment_lines_shipment_id_line_id_pk" PRIMARY KEY("shipment_id","line_id"),
	CONSTRAINT "shipment_lines_quantity_positive" CHECK ("shipment_lines"."quantity" > 0)
);
--> statement-breakpoint
CREATE TABLE "shipments" (
	"id" uuid PRIMARY KEY NOT NULL,
	"order_id" uuid NOT NULL,
	"status" "shipment_status" NOT NULL,
	"carrier" text,
	"tracking_number" text,
	"tracking_url" text,
	"packed_at" timestamp (3) with time zone NOT NULL,
	"shipped_at" timestamp (3) with time zone,
	"delivered_at" timestamp (3) with time zone,
	CONSTRAINT "shipments_tracking_url_https" CHECK ("shipments"."tracking_url" like 'https://%'),
	CONSTRAINT "shipments_shipped_at" CHECK (("shipments"."shipped_at" is not null) = ("shipments"."status" in ('shipped', 'delivered'))),
	CONSTRAINT "shipments_delivered_at" CHECK (("shipments"."delivered_at" is not null) = ("shipments"."status" = 'delivered'))
);
--> statement-breakpoint
ALTER TABLE "line_units" ADD CONSTRAINT "line_units_line_id_order_lines_id_fk" FOREIGN KEY ("line_id") REFERENCES "public"."order_lines"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "line_units" ADD CONSTRAINT "line_units_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipment_lines" ADD CONSTRAINT "shipment_lines_shipment_id_shipments_id_fk" FOREIGN KEY ("shipment_id") REFERENCES "public"."shipments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipment_lines" ADD CONSTRAINT "shipment_lines_line_id_line_units_line_id_fk" FOREIGN KEY ("line_id") REFERENCES "public"."line_units"("line_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipments" ADD CONSTRAINT "shipments_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "line_units_order" ON "line_units" USING btree ("order_id");--> statement-breakpoint
CREATE INDEX "shipments_order" ON "shipments" USING btree ("order_id");