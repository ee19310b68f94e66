CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS unaccent;--> statement-breakpoint
-- English stop words are left out; words stay as they are, for the dictionary knows what belongs together.
CREATE TEXT SEARCH DICTIONARY shop_words (TEMPLATE = pg_catalog.simple, STOPWORDS = english);--> statement-breakpoint
CREATE TEXT SEARCH CONFIGURATION shop (COPY = pg_catalog.simple);--> statement-breakpoint
ALTER TEXT SEARCH CONFIGURATION shop ALTER MAPPING REPLACE simple WITH shop_words;--> statement-breakpoint
-- Lower case, without accents and apostrophes; anything but letters and digits becomes one space.
CREATE FUNCTION search_fold(value text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  select btrim(regexp_replace(
    lower(public.unaccent('public.unaccent'::regdictionary, translate(value, '''’`', ''))),
    '[^[:alnum:]]+', ' ', 'g'))
$$;--> statement-breakpoint
-- What is written in several parts, as one word each: 'wi-fi 2.4' has 'wifi' and '24'.
CREATE FUNCTION search_compounds(value text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  select coalesce(string_agg(replace(public.search_fold(part[1]), ' ', ''), ' '), '')
    from regexp_matches(value, '([[:alnum:]]+(?:[-./&+_][[:alnum:]]+)+)', 'g') part
$$;--> statement-breakpoint
-- Documents are built anew from the products; what was here lacks the new columns.
DELETE FROM "search_documents";--> statement-breakpoint
CREATE TYPE "public"."search_term_kind" AS ENUM('word', 'vendor', 'category');--> statement-breakpoint
CREATE TABLE "search_terms" (
	"kind" "search_term_kind" NOT NULL,
	"term" text NOT NULL,
	"label" text NOT NULL,
	"stem" text NOT NULL,
	"frequency" integer NOT NULL,
	"is_suggested" boolean NOT NULL,
	CONSTRAINT "search_terms_kind_term_pk" PRIMARY KEY("kind","term")
);
--> statement-breakpoint
CREATE TABLE "search_tiers" (
	"tier" smallint PRIMARY KEY NOT NULL,
	"popularity" integer NOT NULL,
	"product_id" uuid NOT NULL
);
--> statement-breakpoint
ALTER TABLE "search_documents" DROP CONSTRAINT "search_documents_product_id_products_id_fk";
--> statement-breakpoint
DROP INDEX "search_documents_text";--> statement-breakpoint
ALTER TABLE "search_documents" ADD COLUMN "folded_name" text NOT NULL;--> statement-breakpoint
ALTER TABLE "search_documents" ADD COLUMN "name" text NOT NULL;--> statement-breakpoint
ALTER TABLE "search_documents" ADD COLUMN "vendor" text NOT NULL;--> statement-breakpoint
ALTER TABLE "search_documents" ADD COLUMN "category_path" uuid[] NOT NULL;--> statement-breakpoint
ALTER TABLE "search_documents" ADD COLUMN "options" text[] NOT NULL;--> statement-breakpoint
ALTER TABLE "search_documents" ADD COLUMN "price_minor" bigint NOT NULL;--> statement-breakpoint
ALTER TABLE "search_documents" ADD COLUMN "popularity" integer NOT NULL;--> statement-breakpoint
ALTER TABLE "search_documents" ADD COLUMN "available" boolean NOT NULL;--> statement-breakpoint
ALTER TABLE "search_documents" ADD COLUMN "created_at" timestamp (3) with time zone NOT NULL;--> statement-breakpoint
ALTER TABLE "search_documents" ADD COLUMN "tier" smallint NOT NULL;--> statement-breakpoint
CREATE INDEX "search_terms_stem" ON "search_terms" USING btree ("stem") WHERE "search_terms"."kind" = 'word';--> statement-breakpoint
CREATE INDEX "search_terms_spelling" ON "search_terms" USING gin ("term" gin_trgm_ops) WHERE "search_terms"."kind" = 'word';--> statement-breakpoint
CREATE INDEX "search_terms_prefix" ON "search_terms" USING btree ("term" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "search_documents_names" ON "search_documents" USING btree ("tier","folded_name" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "search_documents_text" ON "search_documents" USING gin ("document") WITH (fastupdate=false);