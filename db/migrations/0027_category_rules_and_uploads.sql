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
CREATE TABLE "media_uploads" (
	"user_id" uuid NOT NULL,
	"sent_hash" text NOT NULL,
	"name" text NOT NULL,
	"byte_length" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "media_uploads_user_id_sent_hash_pk" PRIMARY KEY("user_id","sent_hash")
);
--> statement-breakpoint
ALTER TABLE "category_members" ADD CONSTRAINT "category_members_category_id_categories_id_fk" FOREIGN KEY ("category_id") REFERENCES "public"."categories"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "category_members" ADD CONSTRAINT "category_members_product_id_products_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."products"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "category_rules" ADD CONSTRAINT "category_rules_category_id_categories_id_fk" FOREIGN KEY ("category_id") REFERENCES "public"."categories"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_uploads" ADD CONSTRAINT "media_uploads_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_uploads" ADD CONSTRAINT "media_uploads_name_media_files_name_fk" FOREIGN KEY ("name") REFERENCES "public"."media_files"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "category_members_product" ON "category_members" USING btree ("product_id");--> statement-breakpoint
CREATE INDEX "media_uploads_name" ON "media_uploads" USING btree ("name");