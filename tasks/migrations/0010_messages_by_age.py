"""An index for lists of messages of any language and author, in order of age."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built while the site goes on writing messages.
    atomic = False

    dependencies = [
        ("tasks", "0009_acknowledgements"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(fields=["created_at", "id"], name="messages_by_age"),
        ),
    ]
