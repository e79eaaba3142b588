"""The Python client of version 2, written from its description; `clients/python` holds what is not generated."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from copy import deepcopy
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from accounts.models import Role as PersonRole
from accounts.models import Status
from oasst_web.api.documents import Document, document_of
from tasks.kinds import EMOJIS, REPORT_LABELS, Deed, Kind, Mode, Role, SkipReason, Widget
from tasks.tree_states import State

HOME = Path(__file__).resolve().parents[2] / "clients" / "python"
PACKAGE = "oasst_client"
#: How a package begins that was written here, and may be written anew.
MARK = "Written by `manage.py write_python_client`"

#: What the client calls choices that stand in several places. Others are called after their place.
CHOICES = {
    "Deed": Deed,
    "Emoji": EMOJIS,
    "MessageRole": Role,
    "PersonRole": PersonRole.values,
    "PersonStatus": Status.values,
    "QuestionWidget": Widget,
    "ReportLabel": REPORT_LABELS,
    "ReviewMode": Mode,
    "SkipReason": SkipReason,
    "TaskKind": Kind,
    "TaskState": ("held", "late", "answered"),
    "TreeState": State,
}


class ClientNotWritten(Exception):
    """The generator could not make a whole client of the description, or there is something else in its place."""


def write(directory: Path) -> Path:
    """Put the package into this directory, in place of an earlier one; returns where it is. Raises ClientNotWritten."""
    target = directory / PACKAGE
    if target.exists() and not _ours(target):
        raise ClientNotWritten(f"{target} was not written by this command. Name another directory.")
    with TemporaryDirectory() as scratch:
        made = Path(scratch) / PACKAGE
        _generate(Path(scratch) / "description.json", made)
        shutil.copytree(HOME / "by_hand", made, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        _tidy(made)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target)
    return target


def _ours(package: Path) -> bool:
    begins = package / "__init__.py"
    return begins.is_file() and MARK in begins.read_text(encoding="utf-8")


def _generate(source: Path, made: Path) -> None:
    source.write_text(json.dumps(description()), encoding="utf-8")
    config = Config.from_sources(
        ConfigFile.load_from_path(HOME / "generator.yml"),
        MetaType.NONE,
        document_source=source,
        file_encoding="utf-8",
        overwrite=False,
        output_path=made,
    )
    with redirect_stdout(StringIO()):
        errors = generate(config=config, custom_template_path=HOME / "templates")
    if errors:
        # Also for warnings: each is about something that would be missing.
        raise ClientNotWritten("\n".join(f"{error.header} {error.detail or ''}".strip() for error in errors))


def _tidy(package: Path) -> None:
    """Formatted alike wherever it is written; the generator leaves that to others."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    alike = ["--isolated", "--no-cache", "--quiet", "--target-version", "py311", "--line-length", "120", str(package)]
    subprocess.run([ruff, "check", "--fix-only", "--select", "F401,I,UP", *alike], check=True)
    subprocess.run([ruff, "format", *alike], check=True)


def description() -> Document:
    """The description of version 2 as the generator makes good names of it. What it says stays the same."""
    document = deepcopy(document_of("v2"))
    shapes = document["components"]["schemas"]
    for path in document["paths"].values():
        for operation in path.values():
            _name_operation(operation, shapes)
    for name in list(shapes):
        for field, shape in shapes[name].get("properties", {}).items():
            _name_shape(shape, f"{name}_{field}", shapes)
    return document


def _name_operation(operation: Document, shapes: Document) -> None:
    name = operation["operationId"] = operation["operationId"].removeprefix("v2_")
    if operation.get("security") == [{}]:
        # The generator takes it for a lock without a name.
        operation["security"] = []
    for parameter in operation.get("parameters", []):
        if "description" in parameter:
            parameter["schema"].setdefault("description", parameter["description"])
        _name_shape(parameter["schema"], f"{name}_{parameter['name']}", shapes)


def _name_shape(shape: Document, place: str, shapes: Document) -> None:
    """Choices, and objects that may be null, become schemas with a name of their own. Changes `shape` in place."""
    if "items" in shape:
        _name_shape(shape["items"], f"{place}_item", shapes)
    types: list[str] = shape["type"] if isinstance(shape.get("type"), list) else []
    if "enum" not in shape and not {"object", "null"} <= set(types):
        return
    about: Document = {key: shape.pop(key) for key in ("description", "default") if key in shape}
    shape.pop("x-spec-enum-id", None)
    if types:
        (shape["type"],) = (name for name in types if name != "null")
    if "enum" in shape:
        shape["enum"] = sorted(value for value in shape["enum"] if value is not None)
    name = _named(shape.get("enum", ()), place)
    if shapes.setdefault(name, dict(shape)) != shape:
        raise ClientNotWritten(f"Two different shapes would be called {name}. Give the one at {place} another name.")
    reference = {"$ref": f"#/components/schemas/{name}"}
    about |= {"anyOf": [reference, {"type": "null"}]} if "null" in types else {"allOf": [reference]}
    shape.clear()
    shape.update(about)


def _named(values: Iterable[str], place: str) -> str:
    """The name of these choices, or one after the place: `claim_order_kind` becomes ClaimOrderKind."""
    for name, known in CHOICES.items():
        if set(values) == set(known):
            return name
    return "".join(part[:1].upper() + part[1:] for part in place.split("_"))
