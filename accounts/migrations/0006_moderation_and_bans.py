"""Suspensions, ways in that a ban closed, and what people are told of moderation."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_profiles'),
    ]

    operations = [
        migrations.AddField(
            model_name='profile',
            name='harm_limit',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Harmful items a moderator wants to see in a day at most; null: as all.', null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='suspended_until',
            field=models.DateTimeField(blank=True, help_text='While suspended: when a job lets the person take part again.', null=True),
        ),
        migrations.AlterField(
            model_name='news',
            name='kind',
            field=models.CharField(choices=[('task_expired', 'A task you held went back to everybody'), ('message_accepted', 'A message of yours was accepted'), ('message_rejected', 'A message of yours was not accepted'), ('report_answered', 'A moderator decided on your report'), ('badge_earned', 'You earned a badge'), ('message_removed', 'A message of yours was removed'), ('appeal_decided', 'A moderator decided on your appeal'), ('warned', 'A moderator wrote to you'), ('suspended', 'You cannot take part for a time'), ('moderators_called', 'Something needs a moderator at once')], max_length=32),
        ),
        migrations.AlterField(
            model_name='user',
            name='status',
            field=models.CharField(choices=[('active', 'Active'), ('suspended', 'Suspended for a time'), ('banned', 'Banned'), ('deleted', 'Deleted')], default='active', max_length=16),
        ),
        migrations.CreateModel(
            name='ShutOut',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(help_text='See accounts.shut_out.', max_length=64, unique=True)),
                ('at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shut_out', to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
