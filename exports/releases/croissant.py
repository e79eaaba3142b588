"""croissant.json: the release for machines, in MLCommons' vocabulary with its fields for responsible use.

Croissant 1.0 and RAI 1.0 (docs.mlcommons.org/croissant). Addresses are relative to the file, so a copy of the directory
is described as well as the one on the site.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from exports.formats import FORMATS
from exports.releases.config import Config
from exports.releases.people import People
from exports.table import Column, Type

NAME = "croissant.json"
CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
LICENSES = {
    "apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "cc-by-nc-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "cc-by-sa-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "odc-by": "https://opendatacommons.org/licenses/by/1-0/",
}
ENCODINGS = {
    ".parquet": "application/x-parquet",
    ".gz": "application/gzip",
    ".zst": "application/zstd",
}
TYPES = {"string": "sc:Text", "int": "sc:Integer", "float": "sc:Float", "bool": "sc:Boolean"}


def croissant(
    *, release: str, config: Config, as_of: datetime, files: Mapping[str, Mapping[str, Any]], people: People
) -> dict[str, Any]:
    """`files`: path → bytes and SHA-256, as the manifest has them."""
    data = {path: row for path, row in files.items() if path.startswith("data/")}
    return {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": release,
        "description": config.description or config.title,
        "license": LICENSES.get(config.license, config.license),
        **({"url": config.homepage} if config.homepage else {}),
        # A release never changes: another one has another name.
        "version": "1.0.0",
        "citeAs": citation(release, config, as_of),
        "datePublished": as_of.date().isoformat(),
        "keywords": ["human feedback", "conversations", "preferences", "RLHF"],
        **responsible(config, people),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": path,
                "name": path,
                "contentUrl": path,
                "contentSize": f"{row['bytes']} B",
                "encodingFormat": ENCODINGS[path[path.rindex(".") :]],
                "sha256": row["sha256"],
            }
            for path, row in data.items()
        ],
        "recordSet": list(_record_sets(sorted(data))),
    }


def responsible(config: Config, people: People) -> dict[str, str | list[str]]:
    """What Croissant's RAI vocabulary asks, from what this project does."""
    reviewers = "" if people.reviewers is None else f" {people.reviewers} people's reviews and rankings are in it."
    return {
        "rai:dataCollection": (
            "Volunteers write prompts and replies, review each other and rank sibling replies in conversation trees. "
            f"{people.authors} people wrote the messages of this release.{reviewers}"
        ),
        "rai:dataCollectionType": ["Direct measurement", "Manual Human Curation"],
        "rai:dataAnnotationProtocol": (
            "Each message is reviewed by several people, none of them its author, until the rules in force decide; "
            "replies to one message are ranked by several people, who may tie them. Ranks and chances are computed "
            "from all rankings; every row names the version of the rules."
        ),
        "rai:dataAnnotationPlatform": "The platform this release comes from; manifest.json names its version.",
        "rai:annotationsPerItem": "Three reviews and three rankings, or as many as the rules in force ask for.",
        "rai:annotatorDemographics": demographics(people),
        "rai:machineAnnotationTools": [
            "Screening detectors for personal data, toxicity (English), language and near-duplicates; audit.json."
        ],
        "rai:dataBiases": (
            "Volunteers chose themselves. Languages are unevenly represented, and so are topics; manifest.json counts."
        ),
        "rai:dataLimitations": (
            "Answers are those of lay people and may be wrong. Automatic screening misses things; toxicity is judged "
            "in English only."
        ),
        "rai:dataUseCases": USES[config.use],
        "rai:personalSensitiveInformation": [
            "Ids are pseudonyms made for this release. Texts are as people wrote them; what screening found is in "
            "audit.json."
        ],
        "rai:dataReleaseMaintenancePlan": (
            "What is taken back is listed in a public ledger; oasst-apply-takedowns, which is part of this release, "
            "removes it from copies. Later releases leave it out."
        ),
    }


def citation(release: str, config: Config, as_of: datetime) -> str:
    """BibTeX."""
    where = f", howpublished={{{config.homepage}}}" if config.homepage else ""
    return f"@misc{{{release}, title={{{config.title}, release {release}}}, year={{{as_of.year}}}{where}}}"


USES: Mapping[str, str] = {
    "dataset": "Training and evaluating models that follow instructions; research. Every use the licence allows.",
    "research": "Research that earns no money.",
    "evaluation": "Testing models. No model may be trained with it.",
}


def demographics(people: People) -> str:
    """Only what people told of themselves, and only groups of five or more."""
    if not people.told:
        return "Not asked, and nobody told in which languages they work."
    named = ", ".join(f"{lang} {count}" for lang, count in people.languages.items())
    groups = f" Named by five or more: {named}." if named else ""
    return (
        f"Age, gender and country are not asked. {people.told} of {people.authors} authors said in which languages "
        f"they work.{groups}"
    )


def _record_sets(paths: Sequence[str]) -> Iterator[dict[str, Any]]:
    """One for each Parquet file: its columns."""
    for path in paths:
        if not path.endswith(".parquet"):
            continue
        _data, name, file = path.split("/")
        split = file.removesuffix(".parquet")
        yield {
            "@type": "cr:RecordSet",
            "@id": f"{name}_{split}",
            "name": f"{name}_{split}",
            "description": f"{FORMATS[name].about}; {split}",
            "field": [_field(f"{name}_{split}", path, column) for column in FORMATS[name].columns],
        }


def _field(record_set: str, path: str, column: Column) -> dict[str, Any]:
    about = {"name": column.name, "description": column.about}
    source = {"fileObject": {"@id": path}, "extract": {"column": column.name}}
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{column.name}",
        **about,
        **_typed(column.type, source, record_set),
    }


def _typed(type_: Type, source: Mapping[str, Any], record_set: str) -> dict[str, Any]:
    """A column, or a part of one. Of what has parts, each part is a field that is taken out of the column."""
    inner, repeated = type_, False
    while isinstance(inner, list):
        inner, repeated = inner[0], True
    many = {"repeated": True} if repeated else {}
    if isinstance(inner, str):
        return {"dataType": TYPES[inner], **many, "source": dict(source)}
    column = f"{record_set}/{source['extract']['column']}"
    parts = [
        {
            "@type": "cr:Field",
            "@id": f"{column}/{name}",
            "name": name,
            **_typed(part, {**source, "transform": {"jsonPath": name}}, record_set),
        }
        for name, part in inner.items()
    ]
    return {**many, "subField": parts}
