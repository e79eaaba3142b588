

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stats', '0003_public_figures'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BadgeAward',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('badge', models.CharField(help_text='A row of stats.badges.BADGES.', max_length=32)),
                ('earned_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='LanguageGoal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lang', models.CharField(max_length=32)),
                ('week', models.DateField(help_text='The Monday it begins with, in UTC.')),
                ('target', models.PositiveIntegerField(help_text='Trees to finish.')),
                ('finished', models.PositiveIntegerField(default=0, help_text='Trees finished so far.')),
                ('people', models.PositiveIntegerField(default=0, help_text='Who had a part in it.')),
                ('reached_at', models.DateTimeField(blank=True, null=True)),
                ('counted_at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='board',
            name='one_board_of_a_kind_per_frame',
        ),
        migrations.AddField(
            model_name='board',
            name='lang',
            field=models.CharField(blank=True, db_default='', help_text='Blank: all languages together.', max_length=32),
        ),
        migrations.AddConstraint(
            model_name='board',
            constraint=models.UniqueConstraint(fields=('kind', 'frame', 'lang'), name='one_board_of_a_kind_per_frame_and_language'),
        ),
        migrations.AddField(
            model_name='badgeaward',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='badges', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='languagegoal',
            constraint=models.UniqueConstraint(fields=('lang', 'week'), name='one_goal_per_language_and_week'),
        ),
        migrations.AddConstraint(
            model_name='badgeaward',
            constraint=models.UniqueConstraint(fields=('person', 'badge'), name='each_badge_once_per_person'),
        ),
    ]
