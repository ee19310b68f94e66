ALTER TABLE "dead_letters" ADD COLUMN "event_id" uuid;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "settled_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "dead_letters_event" ON "dead_letters" USING btree ("event_id","consumer");--> statement-breakpoint
CREATE INDEX "outbox_unsettled" ON "outbox" USING btree ("seq") WHERE "outbox"."published_at" is not null and "outbox"."settled_at" is null;--> statement-breakpoint
-- What was published before anybody kept track of it counts as settled: nothing of it is published once more.
UPDATE "outbox" SET "settled_at" = "published_at" WHERE "published_at" IS NOT NULL;
