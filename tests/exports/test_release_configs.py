"""release.toml: what makes no sense is refused, with what would."""

from __future__ import annotations

import pytest

from exports.releases import asking, config
from exports.releases.config import BadConfig
from tests.exports.releasing import asked
from tests.making import NOW


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ('title = "x"', "license is missing"),
        ("title = ", "not TOML"),
        ('title = "x"\nlicense = "y"\ncolour = 1', "Unknown key colour"),
        ('title = "x"\nlicense = "y"\nformats = ["csv"]', "Known: trees"),
        ('title = "x"\nlicense = "y"\nformats = []', "formats is empty"),
        ('title = "x"\nlicense = "y"\n[gates]\nbeauty = 1', "gates has 'beauty'"),
        ('title = "x"\nlicense = "y"\n[gates]\ntoxicity = 2', "from 0 to 1"),
        ('title = "x"\nlicense = "y"\n[filters]\nuse = "here"', "use is one of dataset, research, evaluation"),
        ('title = "x"\nlicense = "y"\n[filters]\nsince = "May"', "no ISO date"),
        ('title = "x"\nlicense = "y"\n[filters]\nstates = "all"', "list of texts"),
        ('title = "x"\nlicense = "y"\n[filters]\nmin_preference = 2', "from 0.5 to 1"),
        ('title = "x"\nlicense = "y"\n[filters]\nrejected = 1', "true or false"),
        ('title = 1\nlicense = "y"', "title must be a text"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused_with_what_would(said: str, wrong: str) -> None:
    with pytest.raises(BadConfig) as refused:
        config.read(said)
    assert wrong in str(refused.value.sentence)


@pytest.mark.parametrize("name", ["", "With Space", "../up", "a..b", "ä", "x" * 65])
def test_a_name_that_cannot_be_in_an_address_is_refused(name: str) -> None:
    with pytest.raises(asking.BadName):
        asking.ask(name=name, config=asked(), benchmarks={}, by=None, now=NOW, here=True)
