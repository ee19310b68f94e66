-- Whatever ends a session or changes what a user may do is written down here, in the same transaction: no program,
-- and nobody at a prompt, can forget it. Every origin process reads the list (origin/http/revocations.ts).
CREATE FUNCTION revoke_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO revocations (session_id) VALUES (OLD.id);
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER sessions_end AFTER UPDATE OF ended_at ON sessions FOR EACH ROW
  WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION revoke_session();--> statement-breakpoint
-- With their user, too.
CREATE TRIGGER sessions_delete AFTER DELETE ON sessions FOR EACH ROW
  WHEN (OLD.ended_at IS NULL) EXECUTE FUNCTION revoke_session();--> statement-breakpoint
CREATE FUNCTION revoke_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.access_epoch := OLD.access_epoch + 1;
  INSERT INTO revocations (user_id, epoch) VALUES (NEW.id, NEW.access_epoch);
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER users_role BEFORE UPDATE OF role ON users FOR EACH ROW
  WHEN (OLD.role IS DISTINCT FROM NEW.role) EXECUTE FUNCTION revoke_role();--> statement-breakpoint
ALTER TABLE revocations ADD CONSTRAINT revocations_of_one CHECK (
  (session_id IS NOT NULL AND user_id IS NULL AND epoch IS NULL)
  OR (session_id IS NULL AND user_id IS NOT NULL AND epoch IS NOT NULL)
);
