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
ALTER TABLE "users" ADD COLUMN "cart_reminders_since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "carts" ADD COLUMN "merged_into" uuid;--> statement-breakpoint
ALTER TABLE "carts" ADD COLUMN "merged_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "carts" ADD COLUMN "idle_noted_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "cart_reminders" ADD CONSTRAINT "cart_reminders_cart_id_carts_id_fk" FOREIGN KEY ("cart_id") REFERENCES "public"."carts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cart_reminders" ADD CONSTRAINT "cart_reminders_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "saved_items" ADD CONSTRAINT "saved_items_cart_id_carts_id_fk" FOREIGN KEY ("cart_id") REFERENCES "public"."carts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "saved_items" ADD CONSTRAINT "saved_items_variant_id_variants_id_fk" FOREIGN KEY ("variant_id") REFERENCES "public"."variants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "cart_reminders_user" ON "cart_reminders" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "cart_reminders_age" ON "cart_reminders" USING btree ("due_at");--> statement-breakpoint
ALTER TABLE "carts" ADD CONSTRAINT "carts_merged_into_carts_id_fk" FOREIGN KEY ("merged_into") REFERENCES "public"."carts"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "carts_merged_into" ON "carts" USING btree ("merged_into") WHERE "carts"."merged_into" is not null;--> statement-breakpoint
CREATE INDEX "carts_left" ON "carts" USING btree ("updated_at") WHERE "carts"."user_id" is not null and "carts"."idle_noted_at" is null;--> statement-breakpoint
ALTER TABLE "carts" ADD CONSTRAINT "carts_end_once" CHECK ("carts"."merged_at" is null or ("carts"."completed_at" is null and "carts"."user_id" is null));--> statement-breakpoint
ALTER TABLE "carts" ADD CONSTRAINT "carts_merged_dated" CHECK ("carts"."merged_into" is null or "carts"."merged_at" is not null);