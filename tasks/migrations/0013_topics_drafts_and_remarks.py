

import django.contrib.postgres.indexes
import django.contrib.postgres.operations
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_profiles'),
        ('tasks', '0012_words_with_free_labels'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Comes with PostgreSQL; whoever owns the database may switch it on.
        django.contrib.postgres.operations.TrigramExtension(),
        migrations.CreateModel(
            name='SavedDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('initial_prompt', 'initial_prompt'), ('prompter_reply', 'prompter_reply'), ('assistant_reply', 'assistant_reply'), ('label_initial_prompt', 'label_initial_prompt'), ('label_prompter_reply', 'label_prompter_reply'), ('label_assistant_reply', 'label_assistant_reply'), ('rank_prompter_replies', 'rank_prompter_replies'), ('rank_assistant_replies', 'rank_assistant_replies')], max_length=32)),
                ('lang', models.CharField(max_length=32)),
                ('fields', models.JSONField(help_text='Pairs of field and value, as the form had them.')),
                ('pasted', models.PositiveIntegerField(default=0, help_text='Characters pasted so far.')),
                ('saved_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='message',
            name='pasted_share',
            field=models.FloatField(help_text='Of the characters, how many were pasted and not typed: 0 to 1; null where nobody counted.', null=True),
        ),
        migrations.AddField(
            model_name='ranking',
            name='comment',
            field=models.TextField(blank=True, db_default='', help_text='What else the person said about them.'),
        ),
        migrations.AddField(
            model_name='ranking',
            name='unacceptable',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list, help_text='Ids of replies marked as unacceptable.'),
        ),
        migrations.AddField(
            model_name='ranking',
            name='why_not',
            field=models.CharField(blank=True, choices=[('all_unacceptable', 'all_unacceptable'), ('message_unclear', 'message_unclear'), ('not_comparable', 'not_comparable'), ('other', 'other')], db_default='', help_text='Why they cannot be ranked, if the person said.', max_length=24),
        ),
        migrations.AddField(
            model_name='tree',
            name='difficulty',
            field=models.PositiveSmallIntegerField(blank=True, choices=[(1, 'Anybody can answer'), (2, 'One must know a bit about it'), (3, 'For people who know the subject well')], null=True),
        ),
        migrations.AddField(
            model_name='tree',
            name='topic',
            field=models.CharField(blank=True, choices=[('everyday', 'everyday'), ('cooking', 'cooking'), ('health', 'health'), ('nature', 'nature'), ('science', 'science'), ('maths', 'maths'), ('computers', 'computers'), ('technology', 'technology'), ('work', 'work'), ('money', 'money'), ('law', 'law'), ('history', 'history'), ('society', 'society'), ('languages', 'languages'), ('stories', 'stories'), ('arts', 'arts'), ('sport', 'sport'), ('travel', 'travel'), ('games', 'games')], db_default='', help_text='As the author of the prompt chose it.', max_length=16),
        ),
        migrations.AddIndex(
            model_name='message',
            index=django.contrib.postgres.indexes.GinIndex(condition=models.Q(('parent__isnull', True)), fields=['text'], name='letters_of_prompts', opclasses=['gin_trgm_ops']),
        ),
        migrations.AddField(
            model_name='saveddraft',
            name='message',
            field=models.ForeignKey(help_text='What the task is about.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tasks.message'),
        ),
        migrations.AddField(
            model_name='saveddraft',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_drafts', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='saveddraft',
            name='task',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='saved_drafts', to='tasks.task'),
        ),
        migrations.AddIndex(
            model_name='saveddraft',
            index=models.Index(fields=['person', '-saved_at'], name='drafts_of_person'),
        ),
        migrations.AddConstraint(
            model_name='saveddraft',
            constraint=models.UniqueConstraint(fields=('person', 'task'), name='one_draft_per_person_and_task'),
        ),
    ]
