ALTER TABLE "variants" ALTER COLUMN "grams" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "variants" ALTER COLUMN "grams" DROP NOT NULL;