CREATE TYPE "public"."review_complaint" AS ENUM('inappropriate', 'spam', 'untrue', 'personal_data');--> statement-breakpoint
CREATE TYPE "public"."review_rejection" AS ENUM('offensive', 'off_topic', 'spam', 'personal_data', 'unlawful');--> statement-breakpoint
CREATE TYPE "public"."review_status" AS ENUM('pending', 'published', 'rejected', 'withdrawn');--> statement-breakpoint
CREATE TYPE "public"."stock_notice_status" AS ENUM('unconfirmed', 'waiting', 'due');--> statement-breakpoint
CREATE TABLE "product_ratings" (
	"product_id" uuid PRIMARY KEY NOT NULL,
	"counts" integer[] NOT NULL,
	CONSTRAINT "product_ratings_of_five" CHECK (cardinality("product_ratings"."counts") = 5)
);
--> statement-breakpoint
CREATE TABLE "review_reports" (
	"review_id" uuid NOT NULL,
	"reporter_id" uuid NOT NULL,
	"complaint" "review_complaint" NOT NULL,
	"reported_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "review_reports_review_id_reporter_id_pk" PRIMARY KEY("review_id","reporter_id")
);
--> statement-breakpoint
CREATE TABLE "reviews" (
	"id" uuid PRIMARY KEY NOT NULL,
	"product_id" uuid NOT NULL,
	"author_id" uuid NOT NULL,
	"status" "review_status" NOT NULL,
	"rating" integer NOT NULL,
	"display_name" text NOT NULL,
	"title" text NOT NULL,
	"text" text NOT NULL,
	"rejection" "review_rejection",
	"version" bigint DEFAULT 1 NOT NULL,
	"open_reports" integer DEFAULT 0 NOT NULL,
	"reply" text DEFAULT '' NOT NULL,
	"replied_at" timestamp (3) with time zone,
	"written_at" timestamp (3) with time zone NOT NULL,
	"changed_at" timestamp (3) with time zone NOT NULL,
	"published_at" timestamp (3) with time zone,
	CONSTRAINT "reviews_one_per_buyer" UNIQUE("product_id","author_id"),
	CONSTRAINT "reviews_rating_in_range" CHECK ("reviews"."rating" between 1 and 5),
	CONSTRAINT "reviews_reply_dated" CHECK (("reviews"."reply" = '') = ("reviews"."replied_at" is null)),
	CONSTRAINT "reviews_published_dated" CHECK (not ("reviews"."status" = 'published') or "reviews"."published_at" is not null),
	CONSTRAINT "reviews_reports_not_negative" CHECK ("reviews"."open_reports" >= 0),
	CONSTRAINT "reviews_withdrawn_says_nothing" CHECK ("reviews"."status" <> 'withdrawn' or ("reviews"."title" = '' and "reviews"."text" = '' and "reviews"."display_name" = ''))
);
--> statement-breakpoint
CREATE TABLE "stock_notices" (
	"id" uuid PRIMARY KEY NOT NULL,
	"variant_id" uuid NOT NULL,
	"status" "stock_notice_status" NOT NULL,
	"user_id" uuid,
	"email" "bytea",
	"email_index" "bytea",
	"confirm_hash" "bytea",
	"stop_hash" "bytea",
	"asked_at" timestamp (3) with time zone NOT NULL,
	"waiting_since" timestamp (3) with time zone,
	"due_at" timestamp (3) with time zone,
	CONSTRAINT "stock_notices_confirm_hash_unique" UNIQUE("confirm_hash"),
	CONSTRAINT "stock_notices_stop_hash_unique" UNIQUE("stop_hash"),
	CONSTRAINT "stock_notices_to_one" CHECK (("stock_notices"."user_id" is null) <> ("stock_notices"."email" is null)),
	CONSTRAINT "stock_notices_indexed" CHECK (("stock_notices"."email" is null) = ("stock_notices"."email_index" is null)),
	CONSTRAINT "stock_notices_due_dated" CHECK (("stock_notices"."status" = 'due') = ("stock_notices"."due_at" is not null)),
	CONSTRAINT "stock_notices_waiting_dated" CHECK (("stock_notices"."status" = 'unconfirmed') = ("stock_notices"."waiting_since" is null))
);
--> statement-breakpoint
CREATE TABLE "wish_list_items" (
	"list_id" uuid NOT NULL,
	"variant_id" uuid NOT NULL,
	"added_at" timestamp (3) with time zone NOT NULL,
	"price_minor" bigint NOT NULL,
	"currency" char(3) NOT NULL,
	CONSTRAINT "wish_list_items_list_id_variant_id_pk" PRIMARY KEY("list_id","variant_id")
);
--> statement-breakpoint
CREATE TABLE "wish_lists" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"share_hash" "bytea",
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "wish_lists_share_hash_unique" UNIQUE("share_hash"),
	CONSTRAINT "wish_lists_name" UNIQUE("user_id","name"),
	CONSTRAINT "wish_lists_named" CHECK ("wish_lists"."name" <> '')
);
--> statement-breakpoint
ALTER TABLE "product_ratings" ADD CONSTRAINT "product_ratings_product_id_products_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."products"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "review_reports" ADD CONSTRAINT "review_reports_review_id_reviews_id_fk" FOREIGN KEY ("review_id") REFERENCES "public"."reviews"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "review_reports" ADD CONSTRAINT "review_reports_reporter_id_users_id_fk" FOREIGN KEY ("reporter_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reviews" ADD CONSTRAINT "reviews_product_id_products_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."products"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reviews" ADD CONSTRAINT "reviews_author_id_users_id_fk" FOREIGN KEY ("author_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stock_notices" ADD CONSTRAINT "stock_notices_variant_id_variants_id_fk" FOREIGN KEY ("variant_id") REFERENCES "public"."variants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stock_notices" ADD CONSTRAINT "stock_notices_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "wish_list_items" ADD CONSTRAINT "wish_list_items_list_id_wish_lists_id_fk" FOREIGN KEY ("list_id") REFERENCES "public"."wish_lists"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "wish_list_items" ADD CONSTRAINT "wish_list_items_variant_id_variants_id_fk" FOREIGN KEY ("variant_id") REFERENCES "public"."variants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "wish_lists" ADD CONSTRAINT "wish_lists_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "review_reports_reporter" ON "review_reports" USING btree ("reporter_id");--> statement-breakpoint
CREATE INDEX "reviews_newest" ON "reviews" USING btree ("product_id","published_at","id") WHERE "reviews"."status" = 'published';--> statement-breakpoint
CREATE INDEX "reviews_by_rating" ON "reviews" USING btree ("product_id","rating","id") WHERE "reviews"."status" = 'published';--> statement-breakpoint
CREATE INDEX "reviews_author" ON "reviews" USING btree ("author_id","id");--> statement-breakpoint
CREATE INDEX "reviews_queue" ON "reviews" USING btree ("changed_at","id") WHERE "reviews"."status" = 'pending' or ("reviews"."status" = 'published' and "reviews"."open_reports" > 0);--> statement-breakpoint
CREATE UNIQUE INDEX "stock_notices_once_per_user" ON "stock_notices" USING btree ("variant_id","user_id") WHERE "stock_notices"."status" <> 'due';--> statement-breakpoint
CREATE UNIQUE INDEX "stock_notices_once_per_address" ON "stock_notices" USING btree ("variant_id","email_index") WHERE "stock_notices"."status" <> 'due';--> statement-breakpoint
CREATE INDEX "stock_notices_queue" ON "stock_notices" USING btree ("variant_id","waiting_since","id") WHERE "stock_notices"."status" = 'waiting';--> statement-breakpoint
CREATE INDEX "stock_notices_address" ON "stock_notices" USING btree ("email_index");--> statement-breakpoint
CREATE INDEX "stock_notices_user" ON "stock_notices" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "stock_notices_age" ON "stock_notices" USING btree ("asked_at");--> statement-breakpoint
CREATE INDEX "wish_list_items_newest" ON "wish_list_items" USING btree ("list_id","added_at","variant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "wish_lists_one_default" ON "wish_lists" USING btree ("user_id") WHERE "wish_lists"."is_default";