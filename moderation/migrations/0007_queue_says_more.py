"""An item of the queue says what brought it there, how bad that is, and who looks at it."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('moderation', '0006_log_is_append_only'),
        ('tasks', '0014_screening_due'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='queueitem',
            name='claimed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='queueitem',
            name='claimed_until',
            field=models.DateTimeField(blank=True, help_text='Then anybody may take it.', null=True),
        ),
        migrations.AddField(
            model_name='queueitem',
            name='lang',
            field=models.CharField(blank=True, db_default='', help_text='Of the message.', max_length=32),
        ),
        migrations.AddField(
            model_name='queueitem',
            name='not_for',
            field=models.ForeignKey(blank=True, help_text='Whose decision is appealed against: somebody else decides.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='queueitem',
            name='opened_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, help_text='Since when it waits.'),
        ),
        migrations.AddField(
            model_name='queueitem',
            name='severity',
            field=models.PositiveSmallIntegerField(choices=[(1, 'low'), (2, 'medium'), (3, 'high'), (4, 'severe')], db_default=2, default=2, help_text='Of the worst of it.'),
        ),
        migrations.AddField(
            model_name='queueitem',
            name='sources',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('report', 'Reported'), ('red_flag', 'Red flag'), ('finding', 'Screening'), ('appeal', 'Appeal')], max_length=16), db_default=[], default=list, help_text='What brought it here since it was last decided on.', size=None),
        ),
        migrations.AlterField(
            model_name='queueitem',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, help_text='When something was last added.'),
        ),
        migrations.AlterField(
            model_name='queueitem',
            name='message',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='queue_item', serialize=False, to='tasks.message'),
        ),
        migrations.AddIndex(
            model_name='queueitem',
            index=models.Index(condition=models.Q(('processed', False)), fields=['-severity', 'opened_at'], name='waiting_items'),
        ),
    ]
