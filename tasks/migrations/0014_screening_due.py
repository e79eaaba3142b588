"""Which messages wait to be screened. All that are there already do."""

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built while the site goes on writing messages.
    atomic = False

    dependencies = [
        ('accounts', '0006_moderation_and_bans'),
        ('tasks', '0013_topics_drafts_and_remarks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='screening_due',
            field=models.BooleanField(db_default=True, default=True, help_text='This text was not screened yet, or not by every detector.'),
        ),
        migrations.AlterField(
            model_name='message',
            name='flags_cleared_at',
            field=models.DateTimeField(blank=True, help_text='When a moderator kept it. From then on automatic moderation lets it be.', null=True),
        ),
        migrations.AlterField(
            model_name='tree',
            name='moderated_at',
            field=models.DateTimeField(blank=True, help_text='Last resumed by a moderator. From then on automatic moderation lets it be.', null=True),
        ),
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(condition=models.Q(('screening_due', True)), fields=['created_at'], name='messages_to_screen'),
        ),
    ]
