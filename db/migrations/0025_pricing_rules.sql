-- Two prices, or two tax rates, of one kind are never in force for the same thing at the same time.
CREATE EXTENSION IF NOT EXISTS btree_gist;--> statement-breakpoint
ALTER TABLE "prices" ADD CONSTRAINT "prices_never_overlap" EXCLUDE USING gist (
  "variant_id" WITH =, "currency" WITH =, (CASE "kind" WHEN 'sale' THEN 1 ELSE 0 END) WITH =,
  (coalesce("group_id", '00000000-0000-0000-0000-000000000000')) WITH =, "min_quantity" WITH =,
  tstzrange("valid_from", "valid_until") WITH &&);--> statement-breakpoint
ALTER TABLE "tax_rates" ADD CONSTRAINT "tax_rates_never_overlap" EXCLUDE USING gist (
  "country" WITH =, "region" WITH =, "category" WITH =, tstzrange("valid_from", "valid_until") WITH &&);--> statement-breakpoint
-- The parts of an order come to its totals when its transaction commits: its discounts to what each line and the
-- shipping say, its lines and its shipping to the order.
CREATE FUNCTION refuse_unexplained_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  placed uuid;
  found record;
BEGIN
  IF TG_TABLE_NAME = 'orders' THEN placed := NEW.id; ELSE placed := NEW.order_id; END IF;
  SELECT INTO found
    o.discount_minor = l.discount_minor
    AND o.shipping_minor = coalesce(s.list_minor - s.discount_minor, 0)
    AND o.tax_minor = l.tax_minor + coalesce(s.tax_minor, 0)
    AND o.included_tax_minor = l.included_tax_minor + coalesce(s.included_tax_minor, 0)
    AND f.shipping_minor = coalesce(s.discount_minor, 0)
    AND (d.by_line = l.by_line OR (d.by_line IS NULL AND l.discount_minor = 0)) AS adds_up
    FROM orders o
    LEFT JOIN order_shipping s ON s.order_id = o.id,
    LATERAL (SELECT coalesce(sum(discount_minor), 0) AS discount_minor, coalesce(sum(tax_minor), 0) AS tax_minor,
                    coalesce(sum(included_tax_minor), 0) AS included_tax_minor,
                    array_agg(discount_minor ORDER BY position) AS by_line
               FROM order_lines WHERE order_id = o.id) l,
    LATERAL (SELECT coalesce(sum(shipping_minor), 0) AS shipping_minor
               FROM order_discounts WHERE order_id = o.id) f,
    LATERAL (SELECT array_agg(shared.share_minor ORDER BY shared.place) AS by_line
               FROM (SELECT place, sum(share)::bigint AS share_minor
                       FROM order_discounts, unnest(shares_minor) WITH ORDINALITY AS part (share, place)
                      WHERE order_id = o.id GROUP BY place) shared) d
   WHERE o.id = placed;
  IF found.adds_up IS NOT TRUE THEN
    RAISE EXCEPTION 'the parts of order % do not come to its totals', placed USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE CONSTRAINT TRIGGER orders_are_explained AFTER INSERT ON "orders"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.discount_minor + NEW.shipping_minor + NEW.tax_minor + NEW.included_tax_minor > 0)
  EXECUTE FUNCTION refuse_unexplained_order();--> statement-breakpoint
CREATE CONSTRAINT TRIGGER order_discounts_explain AFTER INSERT ON "order_discounts"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unexplained_order();--> statement-breakpoint
CREATE CONSTRAINT TRIGGER order_shipping_explains AFTER INSERT ON "order_shipping"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unexplained_order();--> statement-breakpoint
CREATE TRIGGER order_discounts_append_only BEFORE UPDATE OR DELETE ON "order_discounts"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();--> statement-breakpoint
CREATE TRIGGER order_shipping_append_only BEFORE UPDATE OR DELETE ON "order_shipping"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
