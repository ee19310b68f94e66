CREATE TABLE "product_views" (
	"user_id" uuid NOT NULL,
	"product_id" uuid NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL,
	"learnt_at" timestamp (3) with time zone,
	CONSTRAINT "product_views_user_id_product_id_pk" PRIMARY KEY("user_id","product_id")
);
--> statement-breakpoint
ALTER TABLE "product_views" ADD CONSTRAINT "product_views_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product_views" ADD CONSTRAINT "product_views_product_id_products_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."products"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "product_views_newest" ON "product_views" USING btree ("user_id","seen_at");--> statement-breakpoint
CREATE INDEX "product_views_unlearnt" ON "product_views" USING btree ("seen_at") WHERE "product_views"."learnt_at" is null;--> statement-breakpoint
CREATE INDEX "product_views_oldest" ON "product_views" USING btree ("seen_at");