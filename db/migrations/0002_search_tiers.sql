DROP INDEX "search_documents_text";--> statement-breakpoint
CREATE INDEX "search_documents_tier_0" ON "search_documents" USING gin ("document") WITH (fastupdate=false) WHERE "search_documents"."tier" = 0;--> statement-breakpoint
CREATE INDEX "search_documents_tier_1" ON "search_documents" USING gin ("document") WITH (fastupdate=false) WHERE "search_documents"."tier" = 1;--> statement-breakpoint
CREATE INDEX "search_documents_tier_2" ON "search_documents" USING gin ("document") WITH (fastupdate=false) WHERE "search_documents"."tier" = 2;--> statement-breakpoint
CREATE INDEX "search_documents_tier_3" ON "search_documents" USING gin ("document") WITH (fastupdate=false) WHERE "search_documents"."tier" = 3;--> statement-breakpoint
-- Plans for words go by their index whatever the statistics say, and to weigh them took longer than most searches.
ALTER TABLE "search_documents" ALTER COLUMN "document" SET STATISTICS 0;
