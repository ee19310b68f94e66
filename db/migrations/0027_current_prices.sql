CREATE TABLE "listed_prices" (
	"product_id" uuid NOT NULL,
	"currency" char(3) NOT NULL,
	"price_minor" bigint NOT NULL,
	CONSTRAINT "listed_prices_product_id_currency_pk" PRIMARY KEY("product_id","currency")
);
--> statement-breakpoint
ALTER TABLE "products" ADD COLUMN "price_changes_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "listed_prices" ADD CONSTRAINT "listed_prices_product_id_products_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."products"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "listed_prices_order" ON "listed_prices" USING btree ("currency","price_minor","product_id");--> statement-breakpoint
CREATE INDEX "products_price_due" ON "products" USING btree ("price_changes_at") WHERE "products"."price_changes_at" is not null;