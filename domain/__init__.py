"""The rules of a sampling campaign in plain Python: no framework, no database, no clock of its own."""
