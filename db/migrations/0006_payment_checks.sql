ALTER TABLE "payments" ADD COLUMN "checked_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "fee_booked_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "payments_without_fee" ON "payments" USING btree ("captured_at") WHERE "payments"."status" = 'captured' and "payments"."fee_booked_at" is null;