"""Appeals, and what needs more than one decision."""

import common.encrypted
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('moderation', '0009_notes_and_exposure'),
        ('tasks', '0014_screening_due'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', common.encrypted.EncryptedTextField()),
                ('created_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('upheld', models.BooleanField(help_text='Whether the volunteer was right.', null=True)),
                ('answer', models.CharField(blank=True, help_text='For the volunteer.', max_length=1000)),
            ],
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('purge_person', 'Purge Person'), ('purge_messages', 'Purge Messages'), ('change_rules', 'Change Rules')], max_length=16)),
                ('arguments', models.JSONField(default=dict, help_text='What the use case takes.')),
                ('state', models.CharField(choices=[('counting', 'Counting'), ('waiting', 'Waiting'), ('confirmed', 'Confirmed'), ('done', 'Done'), ('refused', 'Refused'), ('failed', 'Failed')], default='counting', max_length=16)),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, choices=[('spam', 'Advertising or spam'), ('nonsense', 'Nonsense'), ('wrong_language', 'Wrong language'), ('copied', 'Copied from elsewhere'), ('machine_made', 'Written by a machine'), ('duplicate', 'Exists already'), ('personal_data', 'Personal data'), ('insult', 'Insults'), ('hate', 'Hate'), ('violence', 'Violence'), ('sexual', 'Sexual content'), ('minors', 'Sexual content about minors'), ('self_harm', 'Self-harm'), ('illegal', 'Against the law'), ('links', 'Harmful links'), ('injection', 'Orders to a model'), ('wrong_answers', 'Careless answers'), ('author_asked', 'Its author asked for it'), ('harmless', 'Nothing wrong with it'), ('mistake', 'An earlier decision was wrong'), ('other', 'Another reason')], max_length=32)),
                ('why', models.CharField(max_length=500)),
                ('effect', models.JSONField(help_text='What it would change, as a job found out.', null=True)),
                ('effect_at', models.DateTimeField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('answer', models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.AddField(
            model_name='appeal',
            name='against',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='appeals', to='moderation.actionlog'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='appeal',
            name='message',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='appeal', to='tasks.message'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='appeals', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposal',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposal',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposal',
            name='person',
            field=models.ForeignKey(help_text='Whom it concerns.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='appeal',
            index=models.Index(condition=models.Q(('decided_at__isnull', True)), fields=['created_at'], name='open_appeals'),
        ),
        migrations.AddIndex(
            model_name='proposal',
            index=models.Index(condition=models.Q(('state__in', ['counting', 'confirmed'])), fields=['id'], name='proposals_for_the_job'),
        ),
    ]
