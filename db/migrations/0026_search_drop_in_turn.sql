-- Two workers that begin at once would each look at the table and then wait for the other to drop its index.
CREATE OR REPLACE FUNCTION search_drop_text_index(tier smallint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('search_drop_text_index'));
  -- Somebody has written since the caller looked: what is there has to be found.
  IF EXISTS (SELECT FROM search_documents) THEN
    RETURN;
  END IF;
  EXECUTE format('DROP INDEX IF EXISTS %I', 'search_documents_tier_' || tier);
END $$;
