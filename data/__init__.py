"""The record: the only place that speaks to a database or reads a file."""
