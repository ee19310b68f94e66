-- No SQL has the key: what is in the clear is sealed by the program that migrates, which then drops its column
-- (db/seal-addresses.ts). Until then an order has one of the two.
ALTER TABLE "orders" RENAME COLUMN "shipping_address" TO "shipping_address_in_clear";--> statement-breakpoint
ALTER TABLE "orders" ALTER COLUMN "shipping_address_in_clear" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "shipping_address" bytea;
