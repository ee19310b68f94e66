CREATE TYPE "public"."attribute_kind" AS ENUM('text', 'number', 'boolean', 'choice');--> statement-breakpoint
CREATE TABLE "attributes" (
	"key" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"kind" "attribute_kind" NOT NULL,
	"choices" text[] DEFAULT '{}' NOT NULL,
	"category_id" uuid,
	CONSTRAINT "attributes_choices" CHECK (("attributes"."kind" = 'choice') = (cardinality("attributes"."choices") > 0))
);
--> statement-breakpoint
CREATE TABLE "product_attributes" (
	"product_id" uuid NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "product_attributes_product_id_key_pk" PRIMARY KEY("product_id","key")
);
--> statement-breakpoint
ALTER TABLE "attributes" ADD CONSTRAINT "attributes_category_id_categories_id_fk" FOREIGN KEY ("category_id") REFERENCES "public"."categories"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product_attributes" ADD CONSTRAINT "product_attributes_product_id_products_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."products"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product_attributes" ADD CONSTRAINT "product_attributes_key_attributes_key_fk" FOREIGN KEY ("key") REFERENCES "public"."attributes"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "attributes_category" ON "attributes" USING btree ("category_id");--> statement-breakpoint
CREATE INDEX "product_attributes_value" ON "product_attributes" USING btree ("key","value","product_id");