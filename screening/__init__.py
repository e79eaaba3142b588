"""Looks at texts: a plain library of detectors. Text in, findings out; no database, no network, nothing of the site."""
