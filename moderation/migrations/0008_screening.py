"""What the detectors found, and with which of them a message was looked at."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('moderation', '0007_queue_says_more'),
        ('tasks', '0014_screening_due'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('concern', models.CharField(choices=[('language', 'language'), ('personal_data', 'personal_data'), ('near_duplicate', 'near_duplicate'), ('toxicity', 'toxicity'), ('profanity', 'profanity'), ('gibberish', 'gibberish'), ('injection', 'injection'), ('boilerplate', 'boilerplate'), ('links', 'links'), ('zero_tolerance', 'zero_tolerance')], max_length=32)),
                ('version', models.CharField(help_text='Of the detector.', max_length=80)),
                ('kind', models.CharField(max_length=40)),
                ('score', models.FloatField(help_text='How sure the detector is: 0 to 1.')),
                ('threshold', models.FloatField(help_text='The rule in force: lower scores are not stored.')),
                ('start', models.PositiveIntegerField(help_text='In characters.')),
                ('end', models.PositiveIntegerField()),
                ('of_text', models.CharField(help_text='Digest of the text; of another one the span says nothing.', max_length=16)),
                ('severity', models.PositiveSmallIntegerField(choices=[(1, 'low'), (2, 'medium'), (3, 'high'), (4, 'severe')])),
                ('at', models.DateTimeField()),
                ('outdated_at', models.DateTimeField(help_text='When another look, or another text, took its place.', null=True)),
                ('cleared_at', models.DateTimeField(help_text='When a moderator overruled it, for good.', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Screening',
            fields=[
                ('message', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='screening', serialize=False, to='tasks.message')),
                ('at', models.DateTimeField(help_text='When the last of them looked.')),
                ('of_text', models.CharField(help_text='Digest of the text they saw; see moderation.screening.', max_length=16)),
                ('versions', models.JSONField(default=dict, help_text='Concern → version of the detector that looked.')),
                ('problems', models.JSONField(default=dict, help_text='Concern → why its detector could not.')),
                ('attempts', models.PositiveIntegerField(default=0, help_text='How often some detector failed, in a row.')),
                ('retry_at', models.DateTimeField(blank=True, help_text='When those are tried again.', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('message', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='signature', serialize=False, to='tasks.message')),
                ('lang', models.CharField(max_length=32)),
                ('version', models.CharField(help_text='Signatures of another version cannot be compared.', max_length=80)),
                ('minhash', models.BinaryField()),
                ('bands', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
            ],
        ),
        migrations.AddField(
            model_name='finding',
            name='cleared_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='finding',
            name='message',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='tasks.message'),
        ),
        migrations.AddField(
            model_name='finding',
            name='other',
            field=models.ForeignKey(help_text='What it is nearly the same as.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tasks.message'),
        ),
        migrations.AddIndex(
            model_name='screening',
            index=models.Index(condition=models.Q(('retry_at__isnull', False)), fields=['retry_at'], name='screenings_to_retry'),
        ),
        migrations.AddIndex(
            model_name='signature',
            index=django.contrib.postgres.indexes.GinIndex(fields=['bands'], name='bands_of_signatures'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['concern', 'at'], name='findings_by_concern'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.UniqueConstraint(fields=('message', 'concern', 'kind', 'start', 'end', 'of_text', 'version'), name='one_finding_per_place_and_version'),
        ),
    ]
