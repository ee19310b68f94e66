-- Whose rights rest on a second factor has them no longer once it is gone: access tokens that are out, whoever took the
-- factor away and however, are as void as after a change of role.
CREATE FUNCTION revoke_factor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH changed AS (
    UPDATE users SET access_epoch = access_epoch + 1 WHERE id = OLD.user_id AND role <> 'shopper'
    RETURNING id, access_epoch
  )
  INSERT INTO revocations (user_id, epoch) SELECT id, access_epoch FROM changed;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER second_factors_end AFTER DELETE ON second_factors FOR EACH ROW
  WHEN (OLD.enabled_at IS NOT NULL) EXECUTE FUNCTION revoke_factor();
