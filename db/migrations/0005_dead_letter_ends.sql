ALTER TABLE "dead_letters" ADD COLUMN "attempts" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "again_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "dropped_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "dropped_reason" text;--> statement-breakpoint
CREATE INDEX "dead_letters_again" ON "dead_letters" USING btree ("consumer","again_at") WHERE "dead_letters"."again_at" is not null;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD CONSTRAINT "dead_letters_dropped_for_a_reason" CHECK (("dead_letters"."dropped_at" is null) = ("dead_letters"."dropped_reason" is null));--> statement-breakpoint
ALTER TABLE "dead_letters" ADD CONSTRAINT "dead_letters_dropped_stay_dropped" CHECK ("dead_letters"."dropped_at" is null or "dead_letters"."again_at" is null);