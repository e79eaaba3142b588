"""The whole HTTP surface: settings, pages, forms, templates; and the Celery application."""

from oasst_web.celery import app as celery_app

__all__ = ["celery_app"]
