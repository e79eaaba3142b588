"""What a conversation is about and how much one must know for it: two small tables. The author of a prompt chooses."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Topic(StrEnum):
    """Broad enough that everybody finds theirs, few enough to choose from on a phone."""

    EVERYDAY = "everyday"
    COOKING = "cooking"
    HEALTH = "health"
    NATURE = "nature"
    SCIENCE = "science"
    MATHS = "maths"
    COMPUTERS = "computers"
    TECHNOLOGY = "technology"
    WORK = "work"
    MONEY = "money"
    LAW = "law"
    HISTORY = "history"
    SOCIETY = "society"
    LANGUAGES = "languages"
    STORIES = "stories"
    ARTS = "arts"
    SPORT = "sport"
    TRAVEL = "travel"
    GAMES = "games"


TOPICS: dict[Topic, Promise] = {
    Topic.EVERYDAY: _("Everyday life"),
    Topic.COOKING: _("Food and cooking"),
    Topic.HEALTH: _("Health and body"),
    Topic.NATURE: _("Animals, plants, weather"),
    Topic.SCIENCE: _("Science"),
    Topic.MATHS: _("Mathematics"),
    Topic.COMPUTERS: _("Computers and programming"),
    Topic.TECHNOLOGY: _("Machines and crafts"),
    Topic.WORK: _("Work and school"),
    Topic.MONEY: _("Money and business"),
    Topic.LAW: _("Law and offices"),
    Topic.HISTORY: _("History"),
    Topic.SOCIETY: _("Society and philosophy"),
    Topic.LANGUAGES: _("Languages and translating"),
    Topic.STORIES: _("Stories and poems"),
    Topic.ARTS: _("Music, film, art"),
    Topic.SPORT: _("Sport"),
    Topic.TRAVEL: _("Places and travel"),
    Topic.GAMES: _("Games and riddles"),
}


class Difficulty(models.IntegerChoices):
    """Who could answer the prompt well."""

    ANYBODY = 1, _("Anybody can answer")
    SOME = 2, _("One must know a bit about it")
    EXPERT = 3, _("For people who know the subject well")
