"""The database itself refuses to change or delete a line of the log."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION moderation_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The log of what moderators did is append-only.' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER log_is_append_only BEFORE UPDATE OR DELETE ON moderation_actionlog
    FOR EACH ROW EXECUTE FUNCTION moderation_log_is_append_only();
"""
BACKWARDS = """
DROP TRIGGER log_is_append_only ON moderation_actionlog;
DROP FUNCTION moderation_log_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0005_log_says_more")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
