"""An index over the words of messages, for the search of moderators and clients."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.contrib.postgres.search import SearchVector
from django.db import migrations


class Migration(migrations.Migration):
    # Built while the site goes on writing messages.
    atomic = False

    dependencies = [
        ("tasks", "0010_messages_by_age"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=GinIndex(SearchVector("text", config="simple"), name="words_of_messages"),
        ),
    ]
