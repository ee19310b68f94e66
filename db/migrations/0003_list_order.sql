DROP INDEX "products_newest";--> statement-breakpoint
DROP INDEX "products_popular";--> statement-breakpoint
DROP INDEX "products_category_newest";--> statement-breakpoint
DROP INDEX "products_category_popular";--> statement-breakpoint
DROP INDEX "orders_user";--> statement-breakpoint
CREATE INDEX "products_newest" ON "products" USING btree ("created_at","id") WHERE "products"."withdrawn_at" is null;--> statement-breakpoint
CREATE INDEX "products_popular" ON "products" USING btree ("popularity","id") WHERE "products"."withdrawn_at" is null;--> statement-breakpoint
CREATE INDEX "products_category_newest" ON "products" USING btree ("category_id","created_at","id") WHERE "products"."withdrawn_at" is null;--> statement-breakpoint
CREATE INDEX "products_category_popular" ON "products" USING btree ("category_id","popularity","id") WHERE "products"."withdrawn_at" is null;--> statement-breakpoint
CREATE INDEX "orders_user" ON "orders" USING btree ("user_id","placed_at","id");