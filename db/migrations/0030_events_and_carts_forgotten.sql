CREATE INDEX "carts_of_guests" ON "carts" USING btree ("updated_at") WHERE "carts"."user_id" is null and "carts"."completed_at" is null;--> statement-breakpoint
CREATE INDEX "inbox_age" ON "inbox" USING btree ("handled_at");--> statement-breakpoint
CREATE INDEX "outbox_settled" ON "outbox" USING btree ("settled_at") WHERE "outbox"."settled_at" is not null;--> statement-breakpoint
CREATE INDEX "orders_cart" ON "orders" USING btree ("cart_id");