"""Tests of the published formats, import and export."""
