-- Search's inverted indexes are dropped before a rebuild of everything and made after it. Roles that own no table
-- can do these two things, and nothing else, to its schema.
CREATE FUNCTION search_drop_text_index(tier smallint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
BEGIN
  -- Somebody has written since the caller looked: what is there has to be found.
  IF EXISTS (SELECT FROM search_documents) THEN
    RETURN;
  END IF;
  EXECUTE format('DROP INDEX IF EXISTS %I', 'search_documents_tier_' || tier);
END $$;--> statement-breakpoint
CREATE FUNCTION search_make_text_index(tier smallint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp SET maintenance_work_mem = '256MB' AS $$
BEGIN
  IF tier NOT BETWEEN 0 AND 3 THEN
    RAISE EXCEPTION 'search has no tier %', tier USING ERRCODE = 'invalid_parameter_value';
  END IF;
  EXECUTE format(
    'CREATE INDEX IF NOT EXISTS %I ON search_documents USING gin (document) WITH (fastupdate = off) WHERE tier = %s',
    'search_documents_tier_' || tier, tier);
END $$;--> statement-breakpoint
REVOKE ALL ON FUNCTION search_drop_text_index(smallint), search_make_text_index(smallint) FROM PUBLIC;
