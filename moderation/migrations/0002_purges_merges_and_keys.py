from django.db import migrations, models


class Migration(migrations.Migration):
    """Names of more actions in the log. Nothing in the database changes."""

    dependencies = [
        ("moderation", "0001_flags_and_reports"),
    ]

    operations = [
        migrations.AlterField(
            model_name="actionlog",
            name="action",
            field=models.CharField(
                choices=[
                    ("delete_message", "Delete Message"),
                    ("undelete_message", "Undelete Message"),
                    ("edit_message", "Edit Message"),
                    ("halt_tree", "Halt Tree"),
                    ("resume_tree", "Resume Tree"),
                    ("abort_tree", "Abort Tree"),
                    ("ban_person", "Ban Person"),
                    ("unban_person", "Unban Person"),
                    ("clear_flags", "Clear Flags"),
                    ("retry_scoring", "Retry Scoring"),
                    ("purge_person", "Purge Person"),
                    ("purge_messages", "Purge Messages"),
                    ("merge_person", "Merge Person"),
                    ("process_flag", "Process Flag"),
                    ("issue_key", "Issue Key"),
                ],
                max_length=32,
            ),
        ),
    ]
