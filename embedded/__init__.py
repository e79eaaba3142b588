"""Runs PostgreSQL and Valkey from their wheels, and the parts of the site beside them; knows no Django."""
