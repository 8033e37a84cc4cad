"""The operator's commands by topic; `manage.py` puts them together."""
