CREATE TABLE "product_pairs" (
	"product_id" uuid NOT NULL,
	"other_id" uuid NOT NULL,
	"heat" double precision NOT NULL,
	CONSTRAINT "product_pairs_product_id_other_id_pk" PRIMARY KEY("product_id","other_id"),
	CONSTRAINT "product_pairs_of_two" CHECK ("product_pairs"."product_id" <> "product_pairs"."other_id")
);
--> statement-breakpoint
CREATE TABLE "product_trends" (
	"product_id" uuid PRIMARY KEY NOT NULL,
	"heat" double precision NOT NULL
);
--> statement-breakpoint
CREATE INDEX "product_pairs_hottest" ON "product_pairs" USING btree ("product_id","heat","other_id");--> statement-breakpoint
CREATE INDEX "product_trends_hottest" ON "product_trends" USING btree ("heat","product_id");