-- What was off sale before there were drafts had been withdrawn.
UPDATE "products" SET "status" = 'withdrawn' WHERE "withdrawn_at" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "products" ADD CONSTRAINT "products_on_sale_is_published" CHECK (("status" = 'published') = ("withdrawn_at" IS NULL));--> statement-breakpoint
ALTER TABLE "products" ADD CONSTRAINT "products_scheduled_has_time" CHECK (("status" = 'scheduled') = ("publish_at" IS NOT NULL));
