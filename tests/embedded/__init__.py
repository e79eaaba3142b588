"""Tests of the embedded servers: real processes, no Django."""
