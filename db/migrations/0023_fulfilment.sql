CREATE TYPE "public"."shipment_status" AS ENUM('packed', 'shipped', 'delivered', 'unpacked');--> statement-breakpoint
CREATE TYPE "public"."return_reason" AS ENUM('damaged', 'defective', 'wrong_item', 'not_as_described', 'arrived_late', 'no_longer_wanted', 'other');--> statement-breakpoint
CREATE TYPE "public"."return_status" AS ENUM('requested', 'authorised', 'rejected', 'withdrawn', 'received', 'refunded');--> statement-breakpoint
CREATE TABLE "line_units" (
	"line_id" uuid PRIMARY KEY NOT NULL,
	"order_id" uuid NOT NULL,
	"bought" integer NOT NULL,
	"packed" integer DEFAULT 0 NOT NULL,
	"shipped" integer DEFAULT 0 NOT NULL,
	"delivered" integer DEFAULT 0 NOT NULL,
	"coming_back" integer DEFAULT 0 NOT NULL,
	"returned" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "line_units_not_negative" CHECK (least("line_units"."packed", "line_units"."shipped", "line_units"."delivered", "line_units"."coming_back", "line_units"."returned") >= 0),
	CONSTRAINT "line_units_packed_were_bought" CHECK ("line_units"."packed" <= "line_units"."bought"),
	CONSTRAINT "line_units_shipped_were_packed" CHECK ("line_units"."shipped" <= "line_units"."packed"),
	CONSTRAINT "line_units_delivered_were_shipped" CHECK ("line_units"."delivered" <= "line_units"."shipped"),
	CONSTRAINT "line_units_coming_back_were_shipped" CHECK ("line_units"."coming_back" <= "line_units"."shipped"),
	CONSTRAINT "line_units_returned_were_coming_back" CHECK ("line_units"."returned" <= "line_units"."coming_back")
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
CREATE TABLE "return_lines" (
	"return_id" uuid NOT NULL,
	"line_id" uuid NOT NULL,
	"quantity" integer NOT NULL,
	"restocked" integer DEFAULT 0 NOT NULL,
	"written_off" integer DEFAULT 0 NOT NULL,
	"charged_minor" bigint NOT NULL,
	CONSTRAINT "return_lines_return_id_line_id_pk" PRIMARY KEY("return_id","line_id"),
	CONSTRAINT "return_lines_quantity_positive" CHECK ("return_lines"."quantity" > 0),
	CONSTRAINT "return_lines_came_were_asked" CHECK (least("return_lines"."restocked", "return_lines"."written_off") >= 0
        and "return_lines"."restocked" + "return_lines"."written_off" <= "return_lines"."quantity")
);
--> statement-breakpoint
CREATE TABLE "returns" (
	"id" uuid PRIMARY KEY NOT NULL,
	"order_id" uuid NOT NULL,
	"status" "return_status" NOT NULL,
	"reason" "return_reason" NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"answer" text DEFAULT '' NOT NULL,
	"refund_id" uuid NOT NULL,
	"refund_minor" bigint,
	"requested_at" timestamp (3) with time zone NOT NULL,
	"decided_at" timestamp (3) with time zone,
	"received_at" timestamp (3) with time zone,
	"refunded_at" timestamp (3) with time zone,
	CONSTRAINT "returns_refund_id_unique" UNIQUE("refund_id"),
	CONSTRAINT "returns_refund_whole" CHECK (("returns"."status" = 'refunded') = ("returns"."refund_minor" is not null)
        and ("returns"."refund_minor" is null) = ("returns"."refunded_at" is null)),
	CONSTRAINT "returns_refund_positive" CHECK ("returns"."refund_minor" > 0)
);
--> statement-breakpoint
ALTER TABLE "line_units" ADD CONSTRAINT "line_units_line_id_order_lines_id_fk" FOREIGN KEY ("line_id") REFERENCES "public"."order_lines"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "line_units" ADD CONSTRAINT "line_units_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipment_lines" ADD CONSTRAINT "shipment_lines_shipment_id_shipments_id_fk" FOREIGN KEY ("shipment_id") REFERENCES "public"."shipments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipment_lines" ADD CONSTRAINT "shipment_lines_line_id_line_units_line_id_fk" FOREIGN KEY ("line_id") REFERENCES "public"."line_units"("line_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipments" ADD CONSTRAINT "shipments_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "return_lines" ADD CONSTRAINT "return_lines_return_id_returns_id_fk" FOREIGN KEY ("return_id") REFERENCES "public"."returns"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "return_lines" ADD CONSTRAINT "return_lines_line_id_line_units_line_id_fk" FOREIGN KEY ("line_id") REFERENCES "public"."line_units"("line_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "returns" ADD CONSTRAINT "returns_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "line_units_order" ON "line_units" USING btree ("order_id");--> statement-breakpoint
CREATE INDEX "shipments_order" ON "shipments" USING btree ("order_id");--> statement-breakpoint
CREATE INDEX "returns_order" ON "returns" USING btree ("order_id");