"""Version 1 of the rules: Open-Assistant's defaults, so that every verdict can name the rules that decided it."""

from django.db import migrations

FIRST = {
    "max_active_trees": 10, "max_initial_prompt_review": 100, "max_prompt_lottery_waiting": 250,
    "init_prompt_disabled_langs": "", "max_tree_depth": 3, "max_children_count": 3, "num_prompter_replies": 1,
    "goal_tree_size": 12, "random_goal_tree_size": False, "min_goal_tree_size": 5, "num_reviews_initial_prompt": 3,
    "num_reviews_reply": 3, "acceptance_threshold_initial_prompt": 0.6, "acceptance_threshold_reply": 0.6,
    "p_full_labeling_review_prompt": 1.0, "p_full_labeling_review_reply_assistant": 1.0,
    "p_full_labeling_review_reply_prompter": 0.25, "num_required_rankings": 3, "rank_prompter_replies": False,
    "lonely_children_count": 2, "p_lonely_child_extension": 0.75, "p_activate_backlog_tree": 0.1,
    "min_active_rankings_per_lang": 0, "recent_tasks_span_sec": 300, "max_pending_tasks_per_user": 8,
    "auto_mod_enabled": True, "auto_mod_max_skip_reply": 25, "auto_mod_red_flags": 4,
    "task_requests_per_4_minutes": 30, "assistant_replies_per_2_minutes": 4, "prompter_replies_per_2_minutes": 8,
    "message_size_limit": 2000, "duplicate_message_window_minutes": 120, "deadline_write_minutes": 60,
    "deadline_judge_minutes": 15, "allow_self_reply": False, "allow_self_labeling": False, "allow_self_ranking": False,
    "weight_rank": 10.0, "weight_review_reply": 5.0, "weight_review_prompt": 5.0, "weight_reply": 2.0,
    "weight_prompt": 0.01, "closest_first": True,
}  # fmt: skip


def store(apps, schema_editor):
    apps.get_model("tasks", "RulesVersion").objects.create(version=1, values=FIRST, note="As in Open-Assistant.")
    # The row names its own number; the sequence must not hand it out again.
    schema_editor.execute("SELECT setval(pg_get_serial_sequence('tasks_rulesversion', 'version'), 1)")


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_trees_and_tasks")]

    operations = [migrations.RunPython(store, migrations.RunPython.noop)]
