"""The flags of messages become items of a queue. The table keeps its name: the release before goes on using it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("moderation", "0003_edits_and_closed_accounts")]

    operations = [
        migrations.AlterModelTable("flaggedmessage", "moderation_flaggedmessage"),
        migrations.RenameModel("FlaggedMessage", "QueueItem"),
    ]
