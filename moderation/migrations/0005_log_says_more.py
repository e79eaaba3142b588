"""The log says why, and what was before and after; it holds ids that outlive what they name."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('moderation', '0004_queue_items'),
        ('tasks', '0014_screening_due'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='actionlog',
            name='after',
            field=models.JSONField(db_default={}, default=dict, help_text='And as it is since.'),
        ),
        migrations.AddField(
            model_name='actionlog',
            name='batch',
            field=models.UUIDField(help_text='Shared by what was done in one go.', null=True),
        ),
        migrations.AddField(
            model_name='actionlog',
            name='before',
            field=models.JSONField(db_default={}, default=dict, help_text='What was changed, as it was; never a text.'),
        ),
        migrations.AddField(
            model_name='actionlog',
            name='reason',
            field=models.CharField(blank=True, choices=[('spam', 'Advertising or spam'), ('nonsense', 'Nonsense'), ('wrong_language', 'Wrong language'), ('copied', 'Copied from elsewhere'), ('machine_made', 'Written by a machine'), ('duplicate', 'Exists already'), ('personal_data', 'Personal data'), ('insult', 'Insults'), ('hate', 'Hate'), ('violence', 'Violence'), ('sexual', 'Sexual content'), ('minors', 'Sexual content about minors'), ('self_harm', 'Self-harm'), ('illegal', 'Against the law'), ('links', 'Harmful links'), ('injection', 'Orders to a model'), ('wrong_answers', 'Careless answers'), ('author_asked', 'Its author asked for it'), ('harmless', 'Nothing wrong with it'), ('mistake', 'An earlier decision was wrong'), ('other', 'Another reason')], db_default='', max_length=32),
        ),
        migrations.AddField(
            model_name='actionlog',
            name='told',
            field=models.CharField(blank=True, db_default='', help_text='For the person concerned.', max_length=1000),
        ),
        migrations.AddField(
            model_name='actionlog',
            name='undoes',
            field=models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='undone_by', to='moderation.actionlog'),
        ),
        migrations.AlterField(
            model_name='actionlog',
            name='action',
            field=models.CharField(choices=[('delete_message', 'Delete Message'), ('undelete_message', 'Undelete Message'), ('edit_message', 'Edit Message'), ('halt_tree', 'Halt Tree'), ('resume_tree', 'Resume Tree'), ('abort_tree', 'Abort Tree'), ('warn_person', 'Warn Person'), ('suspend_person', 'Suspend Person'), ('end_suspension', 'End Suspension'), ('ban_person', 'Ban Person'), ('unban_person', 'Unban Person'), ('edit_person', 'Edit Person'), ('note_person', 'Note Person'), ('set_role', 'Set Role'), ('close_account', 'Close Account'), ('clear_flags', 'Clear Flags'), ('retry_scoring', 'Retry Scoring'), ('purge_person', 'Purge Person'), ('purge_messages', 'Purge Messages'), ('merge_person', 'Merge Person'), ('process_flag', 'Process Flag'), ('issue_key', 'Issue Key'), ('undo', 'Undo'), ('propose', 'Propose'), ('refuse_proposal', 'Refuse Proposal'), ('change_rules', 'Change Rules'), ('uphold_appeal', 'Uphold Appeal'), ('reject_appeal', 'Reject Appeal')], max_length=32),
        ),
        migrations.AlterField(
            model_name='actionlog',
            name='by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='actionlog',
            name='message',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tasks.message'),
        ),
        migrations.AlterField(
            model_name='actionlog',
            name='person',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='actionlog',
            name='tree',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tasks.tree'),
        ),
        migrations.AlterField(
            model_name='actionlog',
            name='why',
            field=models.CharField(blank=True, help_text='For moderators.', max_length=500),
        ),
        migrations.AddIndex(
            model_name='actionlog',
            index=models.Index(condition=models.Q(('batch__isnull', False)), fields=['batch'], name='actions_of_batch'),
        ),
    ]
