-- A row's place, time and hashes are given here, whatever the insert says. One writer at a time, from here to its
-- commit: the next one sees the row that it follows on. The text that is hashed stands in db/audit-log.ts, too.
CREATE FUNCTION chain_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last_seq bigint;
  last_hash bytea;
BEGIN
  PERFORM pg_advisory_xact_lock(727004);
  SELECT seq, hash INTO last_seq, last_hash FROM audit_log ORDER BY seq DESC LIMIT 1;
  NEW.seq := coalesce(last_seq, 0) + 1;
  NEW.at := date_trunc('milliseconds', clock_timestamp());
  NEW.previous_hash := coalesce(last_hash, ''::bytea);
  NEW.hash := sha256(convert_to(jsonb_build_array(
    encode(NEW.previous_hash, 'hex'), NEW.seq, to_char(NEW.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    NEW.actor, NEW.actor_id, NEW.action, NEW.object_kind, NEW.object_id, NEW.changes, NEW.trace_id)::text, 'UTF8'));
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER audit_log_chained BEFORE INSERT ON "audit_log"
  FOR EACH ROW EXECUTE FUNCTION chain_audit_log();--> statement-breakpoint
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_log"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();--> statement-breakpoint
-- Orders from before a line knew its seller.
UPDATE "order_lines" SET "seller_id" = "products"."seller_id"
  FROM "products" WHERE "products"."id" = "order_lines"."product_id" AND "products"."seller_id" IS NOT NULL;
