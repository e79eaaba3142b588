"""What no reader should have to check by hand: imports, locks, writers, sizes, names."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models

from tasks.management.commands import tree_diagram
from tasks.tree_states import TRANSITIONS, Event

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = ("accounts", "common", "exports", "moderation", "ranking", "simulation", "stats", "tasks")
PACKAGES = (*DOMAIN, "embedded", "oasst_web")

#: Files that may be longer than 400 lines, each with the reason.
LONG: dict[str, str] = {}


def files(*packages: str) -> list[Path]:
    found = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def parsed(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    for path in files(*packages):
        yield name(path), _parsed(path)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def called(tree: ast.AST, method: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method
    ]


def test_imports_go_downwards() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_domain_apps_know_no_request() -> None:
    http = ("django.http", "django.shortcuts", "django.views", "django.forms", "django.urls", "rest_framework")
    for where, tree in parsed(*DOMAIN):
        for node in ast.walk(tree):
            imported = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            imported += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any(module.startswith(http) for module in imported), where


def test_the_pure_tables_touch_no_database() -> None:
    for module in ("drafts", "growth", "kinds", "points", "refusals", "rules", "tree_states"):
        source = (ROOT / "tasks" / f"{module}.py").read_text(encoding="utf-8")
        assert "django.db" not in source, module
        assert ".objects" not in source, module


def test_row_locks_live_in_the_locking_modules() -> None:
    for where, tree in parsed(*PACKAGES):
        if Path(where).name != "locking.py":
            assert not called(tree, "select_for_update"), where
    for path in files(*PACKAGES):
        source = path.read_text(encoding="utf-8")
        if path.name not in ("locking.py",):
            assert "SKIP LOCKED" not in source, name(path)
            assert "pg_advisory_xact_lock" not in source, name(path)


def test_only_trees_writes_the_state_of_a_tree() -> None:
    """Assignments to `tree.state` anywhere, and updates of trees that name the state."""
    writers = set()
    for where, tree in parsed(*PACKAGES):
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else []
            flat = [each for target in targets for each in ast.walk(target)]
            if any(isinstance(t, ast.Attribute) and t.attr == "state" and "tree" in ast.unparse(t.value) for t in flat):
                writers.add(where)
        for call in called(tree, "update") + called(tree, "bulk_update"):
            text = ast.unparse(call)
            if "Tree.objects" in text and ("state=" in text or "'state'" in text):
                writers.add(where)
    assert writers == {"tasks/trees.py"}


def test_a_tree_is_born_by_a_prompt_or_by_an_import_and_nowhere_else() -> None:
    born = set()
    for where, tree in parsed(*PACKAGES):
        if any(
            isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith("tasks.models")
            and any(alias.name == "Tree" for alias in node.names)
            for node in ast.walk(tree)
        ) and any(mark in ast.unparse(tree) for mark in ("Tree.objects.create(", " Tree(", "= Tree(")):
            born.add(where)
    assert born == {"tasks/trees.py", "exports/importing.py"}


def test_nobody_swallows_everything() -> None:
    """Whoever catches everything, to tidy up, raises it again."""
    for where, tree in parsed(*PACKAGES):
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler):
                caught = "" if node.type is None else ast.unparse(node.type)
                swallowed = not isinstance(node.body[-1], ast.Raise)
                assert caught not in ("", "Exception", "BaseException") or not swallowed, f"{where}:{node.lineno}"


def test_every_module_says_what_it_is_for() -> None:
    for where, tree in parsed(*PACKAGES, "tests"):
        if tree.body:
            assert ast.get_docstring(tree), where


def test_no_module_is_named_after_what_nobody_can_name() -> None:
    nothing = {"utils", "util", "helpers", "helper", "manager", "managers", "misc", "common", "base"}
    assert [name(path) for path in files(*PACKAGES) if path.stem in nothing] == []


def test_no_file_is_longer_than_one_can_read() -> None:
    long = {name(path) for path in files(*PACKAGES) if len(path.read_text(encoding="utf-8").splitlines()) > 400}
    assert long == set(LONG)


def test_domain_code_takes_time_and_chance_as_arguments() -> None:
    """Only jobs, commands and pages read the clock. Defaults of columns are the exception."""
    for where, tree in parsed("accounts", "common", "moderation", "ranking", "stats", "tasks"):
        if Path(where).name in ("jobs.py", "models.py") or {"models", "management"} & set(Path(where).parts):
            continue
        assert not called(tree, "now"), where
        assert not called(tree, "today"), where


def test_jobs_are_two_lines() -> None:
    for path in (path for path in files(*PACKAGES) if path.name == "jobs.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                assert len(node.body) <= 2, f"{name(path)}: {node.name}"


def test_constraints_are_named_as_sentences() -> None:
    for model in apps.get_models():
        if model.__module__.split(".")[0] in DOMAIN:
            for constraint in model._meta.constraints:
                assert "_" in constraint.name, constraint.name
                assert not constraint.name.startswith(("uniq", "unq", "ck_", "chk")), constraint.name
            assert not any(isinstance(field, models.GenericIPAddressField) for field in model._meta.get_fields())


def test_tests_mirror_the_apps() -> None:
    rooms = {path.name for path in (ROOT / "tests").iterdir() if (path / "__init__.py").exists()}
    for app in ("accounts", "common", "moderation", "ranking", "simulation", "stats", "tasks"):
        assert app in rooms
        assert list((ROOT / "tests" / app).glob("test_*.py")), app


def test_the_drawing_of_a_trees_life_is_up_to_date() -> None:
    call_command("tree_diagram", "--check")


def test_a_stale_drawing_is_noticed_and_drawn_anew(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text(f"Before\n{tree_diagram.BEGIN}\nold\n{tree_diagram.END}\nAfter\n", encoding="utf-8")
    with pytest.raises(CommandError, match="stale"):
        call_command("tree_diagram", "--check", document=document)
    call_command("tree_diagram", document=document)
    call_command("tree_diagram", "--check", document=document)
    drawn = document.read_text(encoding="utf-8")
    assert drawn.startswith("Before\n")
    assert drawn.endswith("After\n")
    for row in TRANSITIONS:
        if row.events != {Event.HALTED}:
            assert f"{row.source} --> {row.target}" in drawn
    document.write_text("No markers", encoding="utf-8")
    with pytest.raises(CommandError, match="There is no"):
        call_command("tree_diagram", document=document)
