"""What is in the queue already came by a report or a red flag."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("moderation", "0010_appeals_and_proposals")]

    operations = [
        migrations.RunSQL(
            """
            UPDATE moderation_flaggedmessage i SET lang = m.lang, opened_at = i.created_at,
                sources = CASE WHEN EXISTS (SELECT 1 FROM moderation_report r WHERE r.message_id = m.id)
                          THEN ARRAY['report', 'red_flag'] ELSE ARRAY['red_flag'] END
            FROM tasks_message m WHERE m.id = i.message_id
            """,
            migrations.RunSQL.noop,
        ),
    ]
