"""README.md of a release: the card that the Hugging Face hub shows, with a data statement in it.

The data statement follows Bender and Friedman (2018, doi.org/10.1162/tacl_a_00041).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import yaml

from exports.formats import FORMATS
from exports.releases.config import Config
from exports.releases.croissant import USES, citation, demographics, responsible
from exports.releases.facts import Facts
from exports.releases.people import People
from exports.training import SPLITS

NAME = "README.md"
#: Number of rows → size category of the hub.
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def card(
    *,
    release: str,
    config: Config,
    as_of: datetime,
    counts: Mapping[str, Any],
    facts: Facts,
    audit: Mapping[str, Any],
    people: People,
) -> str:
    parts = (
        f"---\n{header(config, counts, facts)}---\n",
        f"# {config.title}\n",
        f"{config.description}\n" if config.description else "",
        _in_short(release, config, counts),
        _loading(config, counts),
        _contents(counts),
        _audit(audit),
        _statement(config, counts, facts, people),
        _taking_back(config),
        f"## Citing\n\n```\n{citation(release, config, as_of)}\n```\n",
        _summary(config, counts),
    )
    return "\n".join(part for part in parts if part)


def header(config: Config, counts: Mapping[str, Any], facts: Facts) -> str:
    """The YAML that the hub reads (github.com/huggingface/hub-docs, datasetcard.md)."""
    languages = sorted({lang.split("-")[0] for lang in facts.languages})
    data = {
        "pretty_name": config.title,
        "license": config.license,
        "language": languages,
        "multilinguality": ["multilingual" if len(languages) > 1 else "monolingual"],
        "annotations_creators": ["crowdsourced"],
        "language_creators": ["crowdsourced"],
        "source_datasets": ["original"],
        "size_categories": [size(counts["messages"])],
        "task_categories": ["text-generation"],
        "tags": ["human-feedback", "conversations", "preferences", "rlhf", "dpo"],
        "configs": list(_configs(config, counts)),
    }
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120))


def size(rows: int) -> str:
    return next((name for most, name in SIZES if rows < most), "1M<n<10M")


def _configs(config: Config, counts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Formats with fixed columns, and their splits that have rows: nothing else can be loaded without looking."""
    suffix = "parquet" if "parquet" in config.files else config.files[0]
    for name in config.formats:
        splits = [split for split, _share in SPLITS if counts["rows_by_format_and_split"].get(f"{name} {split}")]
        if FORMATS[name].columns and splits:
            files = [{"split": split, "path": f"data/{name}/{split}.{suffix}"} for split in splits]
            yield {"config_name": name, "data_files": files}


def _in_short(release: str, config: Config, counts: Mapping[str, Any]) -> str:
    return (
        f"Release `{release}`: {counts['messages']} messages in {counts['trees']} conversation trees, "
        f"{len(counts['messages_by_language'])} languages, licence `{config.license}`. {USES[config.use]}\n"
        + (f"\nContact: {config.contact}\n" if config.contact else "")
    )


def _loading(config: Config, counts: Mapping[str, Any]) -> str:
    names = [each["config_name"] for each in _configs(config, counts)]
    example = (
        "\n```python\nfrom datasets import load_dataset\n\n"
        f'rows = load_dataset("path/of/this/directory", "{names[0]}")\n```\n'
        if names
        else ""
    )
    rows = "\n".join(
        f"| `{name}` | {FORMATS[name].about} | {count} |" for name, count in counts["rows_by_format"].items()
    )
    return f"## Formats\n\n| format | one row is | rows |\n|---|---|---|\n{rows}\n{example}"


def _contents(counts: Mapping[str, Any]) -> str:
    languages = "\n".join(
        f"| {lang} | {counts['trees_by_language'].get(lang, 0)} | {count} |"
        for lang, count in counts["messages_by_language"].items()
    )
    left_out = "\n".join(f"- {reason.replace('_', ' ')}: {count}" for reason, count in counts["left_out"].items())
    return (
        f"## What is in it\n\n| language | trees | messages |\n|---|---|---|\n{languages}\n"
        "\nEach tree is on one side of the split (`train`, `validation`, `test`), the same in every release."
        + (f"\n\nLeft out, by reason:\n\n{left_out}\n" if left_out else "\n")
    )


def _audit(audit: Mapping[str, Any]) -> str:
    rows = "\n".join(
        f"| {gate['about']} | {_number(gate['measured'])} | {_limit(gate)} | "
        f"{'passed' if gate['passed'] else 'not passed'} |"
        for gate in audit["gates"]
    )
    return f"## Audit\n\n| measure | measured | limit | result |\n|---|---|---|---|\n{rows}\n"


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:g}"


def _limit(gate: Mapping[str, Any]) -> str:
    return f"at least {gate['at_least']:g}" if "at_least" in gate else f"at most {gate['at_most']:g}"


def _statement(config: Config, counts: Mapping[str, Any], facts: Facts, people: People) -> str:
    told = responsible(config, people)
    languages = ", ".join(f"{lang} ({count})" for lang, count in sorted(facts.languages.items()))
    length = round(facts.length / counts["messages"]) if counts["messages"] else 0
    topics = ", ".join(f"{topic} {count}" for topic, count in people.topics.items())
    return (
        "\n\n".join(
            (
                "## Data statement",
                f"**Curation.** {told['rai:dataCollection']}",
                f"**Language varieties** (BCP 47, messages): {languages or 'none'}.",
                f"**Authors.** {demographics(people)}" + (f" Topics they said they know: {topics}." if topics else ""),
                "**Annotators.** The same volunteers. Nobody judges what they wrote themselves, and nobody is paid.",
                f"**Protocol.** {told['rai:dataAnnotationProtocol']}",
                "**Texts.** Written conversations between a person and an assistant played by people; "
                f"{length} characters on average. Messages written by a machine say so (`synthetic`).",
                f"**Biases.** {told['rai:dataBiases']}",
                f"**Limits.** {told['rai:dataLimitations']}",
            )
        )
        + "\n"
    )


def _taking_back(config: Config) -> str:
    ledger = f"{config.homepage.rstrip('/')}/releases/ledger.jsonl" if config.homepage else "address/of/ledger.jsonl"
    return (
        "## Taking back\n\nPeople may take back what they gave. It is then listed in a public ledger, and this removes "
        f"it from a copy:\n\n```\npython oasst-apply-takedowns {ledger} path/of/this/directory\n```\n"
        + (f"\nA right in something here? Write to {config.contact}.\n" if config.contact else "")
    )


def _summary(config: Config, counts: Mapping[str, Any]) -> str:
    """What the public summary of training content asks of every dataset (Regulation (EU) 2024/1689, Art. 53(1)(d))."""
    return (
        "## For summaries of training content (EU AI Act, Art. 53(1)(d))\n\n"
        f"- Name: {config.title}\n"
        "- Kind: text, crowdsourced from volunteers under terms they accepted; nothing is scraped\n"
        f"- Size: {counts['messages']} messages\n- Languages: {', '.join(counts['messages_by_language']) or 'none'}\n"
        f"- Licence: {config.license}\n- Personal data: pseudonyms only; texts were screened, see the audit\n"
        "- Opt-out: by the author at any time; the ledger and `oasst-apply-takedowns` carry it to copies\n"
    )
