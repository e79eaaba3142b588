"""The database itself refuses to change a published release, or a line of the ledger."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION exports_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What is published never changes: take it back, or publish another release.'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER published_is_final BEFORE UPDATE ON exports_release
    -- The same secret under another key is no change.
    FOR EACH ROW WHEN (OLD.state = 'published' AND to_jsonb(NEW) - 'seed' IS DISTINCT FROM to_jsonb(OLD) - 'seed')
    EXECUTE FUNCTION exports_never_changes();
CREATE TRIGGER published_is_kept BEFORE DELETE ON exports_release
    FOR EACH ROW WHEN (OLD.state = 'published') EXECUTE FUNCTION exports_never_changes();
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON exports_tombstone
    FOR EACH ROW EXECUTE FUNCTION exports_never_changes();
CREATE TRIGGER a_recall_is_final BEFORE UPDATE OR DELETE ON exports_recall
    FOR EACH ROW EXECUTE FUNCTION exports_never_changes();
"""
BACKWARDS = """
DROP TRIGGER a_recall_is_final ON exports_recall;
DROP TRIGGER ledger_is_append_only ON exports_tombstone;
DROP TRIGGER published_is_kept ON exports_release;
DROP TRIGGER published_is_final ON exports_release;
DROP FUNCTION exports_never_changes();
"""


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_releases")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
