

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_webhooks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Profile',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='profile', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), default=list, help_text='Those they work in; `User.lang` is the one just now.', size=None)),
                ('topics', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), default=list, help_text='Those they know (tasks.topics).', size=None)),
                ('interface_lang', models.CharField(blank=True, help_text='Of the pages; blank: as the browser says.', max_length=16)),
                ('daily_goal', models.PositiveSmallIntegerField(default=5, help_text='Answers a day; 0 for none.')),
                ('consent', models.CharField(choices=[('dataset', 'In the open dataset, for everybody and every use'), ('research', 'Only for research that earns no money'), ('here', 'Only on this site, in no dataset')], default='dataset', max_length=16)),
                ('consent_changed_at', models.DateTimeField(blank=True, null=True)),
                ('mail', models.CharField(choices=[('never', 'Never'), ('daily', 'Once a day, if there is any'), ('weekly', 'Once a week, if there is any')], default='never', max_length=8)),
                ('mailed_at', models.DateTimeField(blank=True, null=True)),
                ('news_read_at', models.DateTimeField(blank=True, help_text='When they last looked at their news.', null=True)),
                ('practised', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), default=list, help_text='Kinds of work they went through the practice of.', size=None)),
                ('welcomed_at', models.DateTimeField(blank=True, help_text='When they were through the first steps.', null=True)),
            ],
        ),
        migrations.AddField(
            model_name='pointentry',
            name='lang',
            field=models.CharField(blank=True, db_default='', help_text='Of the conversation it was earned in.', max_length=32),
        ),
        migrations.AddField(
            model_name='user',
            name='streak_repaired_at',
            field=models.DateTimeField(blank=True, help_text='When a missed day was last forgiven; that happens once a month.', null=True),
        ),
        migrations.AlterField(
            model_name='news',
            name='kind',
            field=models.CharField(choices=[('task_expired', 'A task you held went back to everybody'), ('message_accepted', 'A message of yours was accepted'), ('message_rejected', 'A message of yours was not accepted'), ('report_answered', 'A moderator decided on your report'), ('badge_earned', 'You earned a badge')], max_length=32),
        ),
    ]
