CREATE TYPE "public"."discount_kind" AS ENUM('percent', 'amount', 'free_shipping', 'buy_get');--> statement-breakpoint
CREATE TYPE "public"."price_kind" AS ENUM('regular', 'sale');--> statement-breakpoint
CREATE TYPE "public"."shipping_kind" AS ENUM('flat', 'by_weight', 'by_price', 'by_quantity', 'pickup');--> statement-breakpoint
CREATE TABLE "discount_customers" (
	"discount_id" uuid NOT NULL,
	"customer" "bytea" NOT NULL,
	"uses" integer NOT NULL,
	CONSTRAINT "discount_customers_discount_id_customer_pk" PRIMARY KEY("discount_id","customer"),
	CONSTRAINT "discount_customers_uses_not_negative" CHECK ("discount_customers"."uses" >= 0)
);
--> statement-breakpoint
CREATE TABLE "discounts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"code" text,
	"kind" "discount_kind" NOT NULL,
	"ppm" integer,
	"amount_minor" bigint,
	"buy_quantity" integer,
	"get_quantity" integer,
	"currency" char(3),
	"minimum_minor" bigint DEFAULT 0 NOT NULL,
	"exclusive" boolean DEFAULT false NOT NULL,
	"product_ids" uuid[] DEFAULT '{}' NOT NULL,
	"category_ids" uuid[] DEFAULT '{}' NOT NULL,
	"group_id" uuid,
	"first_order_only" boolean DEFAULT false NOT NULL,
	"max_uses" integer,
	"max_uses_per_customer" integer,
	"uses" integer DEFAULT 0 NOT NULL,
	"valid_from" timestamp (3) with time zone NOT NULL,
	"valid_until" timestamp (3) with time zone,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "discounts_code_in_capitals" CHECK ("discounts"."code" = upper("discounts"."code")),
	CONSTRAINT "discounts_within_the_whole" CHECK ("discounts"."ppm" between 1 and 1000000),
	CONSTRAINT "discounts_amount_positive" CHECK ("discounts"."amount_minor" > 0),
	CONSTRAINT "discounts_minimum_not_negative" CHECK ("discounts"."minimum_minor" >= 0),
	CONSTRAINT "discounts_have_what_they_take_off" CHECK (("discounts"."kind" in ('percent', 'buy_get')) = ("discounts"."ppm" is not null)
        and ("discounts"."kind" = 'amount') = ("discounts"."amount_minor" is not null)
        and ("discounts"."kind" = 'buy_get') = ("discounts"."buy_quantity" is not null and "discounts"."get_quantity" is not null)),
	CONSTRAINT "discounts_name_their_currency" CHECK (("discounts"."amount_minor" is null and "discounts"."minimum_minor" = 0) = ("discounts"."currency" is null)),
	CONSTRAINT "discounts_limits_are_of_codes" CHECK ("discounts"."code" is not null or ("discounts"."max_uses" is null and "discounts"."max_uses_per_customer" is null)),
	CONSTRAINT "discounts_uses_within_limit" CHECK ("discounts"."uses" >= 0 and "discounts"."uses" <= "discounts"."max_uses"),
	CONSTRAINT "discounts_window" CHECK ("discounts"."valid_until" >= "discounts"."valid_from")
);
--> statement-breakpoint
CREATE TABLE "order_discounts" (
	"order_id" uuid NOT NULL,
	"discount_id" uuid NOT NULL,
	"discount_version" bigint NOT NULL,
	"name" text NOT NULL,
	"code" text,
	"shares_minor" bigint[] NOT NULL,
	"shipping_minor" bigint NOT NULL,
	"customer" "bytea",
	CONSTRAINT "order_discounts_order_id_discount_id_pk" PRIMARY KEY("order_id","discount_id"),
	CONSTRAINT "order_discounts_not_negative" CHECK ("order_discounts"."shipping_minor" >= 0 and 0 <= all ("order_discounts"."shares_minor")),
	CONSTRAINT "order_discounts_of_codes_have_a_customer" CHECK (("order_discounts"."code" is null) = ("order_discounts"."customer" is null))
);
--> statement-breakpoint
CREATE TABLE "order_shipping" (
	"order_id" uuid PRIMARY KEY NOT NULL,
	"method_id" uuid NOT NULL,
	"method_version" bigint NOT NULL,
	"name" text NOT NULL,
	"kind" "shipping_kind" NOT NULL,
	"list_minor" bigint NOT NULL,
	"discount_minor" bigint NOT NULL,
	"tax_minor" bigint NOT NULL,
	"included_tax_minor" bigint NOT NULL,
	"tax_rate_ppm" integer NOT NULL,
	CONSTRAINT "order_shipping_discount_within" CHECK ("order_shipping"."discount_minor" between 0 and "order_shipping"."list_minor"),
	CONSTRAINT "order_shipping_tax_not_negative" CHECK (least("order_shipping"."tax_minor", "order_shipping"."included_tax_minor", "order_shipping"."tax_rate_ppm") >= 0)
);
--> statement-breakpoint
CREATE TABLE "currencies" (
	"code" char(3) PRIMARY KEY NOT NULL,
	"tax_inclusive" boolean DEFAULT false NOT NULL,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "customer_group_members" (
	"user_id" uuid NOT NULL,
	"group_id" uuid NOT NULL,
	CONSTRAINT "customer_group_members_user_id_group_id_pk" PRIMARY KEY("user_id","group_id")
);
--> statement-breakpoint
CREATE TABLE "customer_groups" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"tax_exempt" boolean DEFAULT false NOT NULL,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "customer_groups_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "prices" (
	"id" uuid PRIMARY KEY NOT NULL,
	"variant_id" uuid NOT NULL,
	"currency" char(3) NOT NULL,
	"kind" "price_kind" NOT NULL,
	"group_id" uuid,
	"min_quantity" integer DEFAULT 1 NOT NULL,
	"price_minor" bigint NOT NULL,
	"compare_at_minor" bigint,
	"valid_from" timestamp (3) with time zone NOT NULL,
	"valid_until" timestamp (3) with time zone,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "prices_price_not_negative" CHECK ("prices"."price_minor" >= 0),
	CONSTRAINT "prices_compare_at_above" CHECK ("prices"."compare_at_minor" > "prices"."price_minor"),
	CONSTRAINT "prices_quantity_positive" CHECK ("prices"."min_quantity" > 0),
	CONSTRAINT "prices_window" CHECK ("prices"."valid_until" >= "prices"."valid_from")
);
--> statement-breakpoint
CREATE TABLE "tax_rates" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"country" char(2) NOT NULL,
	"region" text DEFAULT '' NOT NULL,
	"category" text NOT NULL,
	"rate_ppm" integer NOT NULL,
	"valid_from" timestamp (3) with time zone NOT NULL,
	"valid_until" timestamp (3) with time zone,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tax_rates_in_range" CHECK ("tax_rates"."rate_ppm" between 0 and 1000000),
	CONSTRAINT "tax_rates_window" CHECK ("tax_rates"."valid_until" >= "tax_rates"."valid_from")
);
--> statement-breakpoint
CREATE TABLE "shipping_areas" (
	"zone_id" uuid NOT NULL,
	"country" char(2) NOT NULL,
	"region" text DEFAULT '' NOT NULL,
	"postal_prefix" text DEFAULT '' NOT NULL,
	CONSTRAINT "shipping_areas_country_region_postal_prefix_pk" PRIMARY KEY("country","region","postal_prefix")
);
--> statement-breakpoint
CREATE TABLE "shipping_methods" (
	"id" uuid PRIMARY KEY NOT NULL,
	"zone_id" uuid,
	"name" text NOT NULL,
	"kind" "shipping_kind" NOT NULL,
	"currency" char(3) NOT NULL,
	"steps" jsonb NOT NULL,
	"free_from_minor" bigint,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "shipping_methods_have_a_zone" CHECK (("shipping_methods"."zone_id" is null) = ("shipping_methods"."kind" = 'pickup'))
);
--> statement-breakpoint
CREATE TABLE "shipping_zones" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "orders" DROP CONSTRAINT "orders_parts_not_negative";--> statement-breakpoint
ALTER TABLE "carts" ADD COLUMN "currency" char(3) DEFAULT 'USD' NOT NULL;--> statement-breakpoint
ALTER TABLE "carts" ADD COLUMN "codes" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "carts" ADD COLUMN "country" char(2);--> statement-breakpoint
ALTER TABLE "carts" ADD COLUMN "region" text;--> statement-breakpoint
ALTER TABLE "carts" ADD COLUMN "postal_code" text;--> statement-breakpoint
ALTER TABLE "carts" ADD COLUMN "shipping_method_id" uuid;--> statement-breakpoint
ALTER TABLE "products" ADD COLUMN "tax_category" text DEFAULT 'standard' NOT NULL;--> statement-breakpoint
ALTER TABLE "order_lines" ADD COLUMN "discount_minor" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "order_lines" ADD COLUMN "tax_minor" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "order_lines" ADD COLUMN "included_tax_minor" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "order_lines" ADD COLUMN "tax_rate_ppm" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "included_tax_minor" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "discount_customers" ADD CONSTRAINT "discount_customers_discount_id_discounts_id_fk" FOREIGN KEY ("discount_id") REFERENCES "public"."discounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "discounts" ADD CONSTRAINT "discounts_group_id_customer_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."customer_groups"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_discounts" ADD CONSTRAINT "order_discounts_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_discounts" ADD CONSTRAINT "order_discounts_discount_id_discounts_id_fk" FOREIGN KEY ("discount_id") REFERENCES "public"."discounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_shipping" ADD CONSTRAINT "order_shipping_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_shipping" ADD CONSTRAINT "order_shipping_method_id_shipping_methods_id_fk" FOREIGN KEY ("method_id") REFERENCES "public"."shipping_methods"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customer_group_members" ADD CONSTRAINT "customer_group_members_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customer_group_members" ADD CONSTRAINT "customer_group_members_group_id_customer_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."customer_groups"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prices" ADD CONSTRAINT "prices_variant_id_variants_id_fk" FOREIGN KEY ("variant_id") REFERENCES "public"."variants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prices" ADD CONSTRAINT "prices_group_id_customer_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."customer_groups"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipping_areas" ADD CONSTRAINT "shipping_areas_zone_id_shipping_zones_id_fk" FOREIGN KEY ("zone_id") REFERENCES "public"."shipping_zones"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_zone_id_shipping_zones_id_fk" FOREIGN KEY ("zone_id") REFERENCES "public"."shipping_zones"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "discounts_code" ON "discounts" USING btree ("code") WHERE "discounts"."code" is not null;--> statement-breakpoint
CREATE INDEX "discounts_automatic" ON "discounts" USING btree ("valid_until") WHERE "discounts"."code" is null;--> statement-breakpoint
CREATE INDEX "order_discounts_discount" ON "order_discounts" USING btree ("discount_id");--> statement-breakpoint
CREATE INDEX "customer_group_members_group" ON "customer_group_members" USING btree ("group_id");--> statement-breakpoint
CREATE INDEX "prices_variant" ON "prices" USING btree ("variant_id","currency");--> statement-breakpoint
CREATE INDEX "tax_rates_place" ON "tax_rates" USING btree ("country","region");--> statement-breakpoint
CREATE INDEX "shipping_areas_zone" ON "shipping_areas" USING btree ("zone_id");--> statement-breakpoint
CREATE INDEX "shipping_methods_zone" ON "shipping_methods" USING btree ("zone_id");--> statement-breakpoint
ALTER TABLE "carts" ADD CONSTRAINT "carts_shipping_method_id_shipping_methods_id_fk" FOREIGN KEY ("shipping_method_id") REFERENCES "public"."shipping_methods"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_discount_within" CHECK ("order_lines"."discount_minor" between 0 and "order_lines"."line_total_minor");--> statement-breakpoint
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_tax_not_negative" CHECK (least("order_lines"."tax_minor", "order_lines"."included_tax_minor", "order_lines"."tax_rate_ppm") >= 0);--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_parts_not_negative" CHECK (least("orders"."subtotal_minor", "orders"."discount_minor", "orders"."shipping_minor", "orders"."tax_minor", "orders"."included_tax_minor") >= 0);