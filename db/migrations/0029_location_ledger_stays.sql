CREATE TRIGGER location_ledger_append_only BEFORE UPDATE OR DELETE ON "location_ledger"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
