CREATE TABLE "search_popularity" (
	"product_id" uuid PRIMARY KEY NOT NULL,
	"popularity" integer NOT NULL
);
--> statement-breakpoint
INSERT INTO "search_popularity" SELECT "product_id", "popularity" FROM "search_documents";--> statement-breakpoint
CREATE INDEX "search_popularity_order" ON "search_popularity" USING btree ("popularity","product_id");--> statement-breakpoint
CREATE INDEX "search_documents_price" ON "search_documents" USING btree ("price_minor","product_id");--> statement-breakpoint
CREATE INDEX "search_documents_created" ON "search_documents" USING btree ("created_at","product_id");