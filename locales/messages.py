"""Refusals as sentences: what is wrong with which field and value, and what to do about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.area_files import Note
from domain.errors import Rejection, Unreadable
from domain.places import Place
from locales import has, text


def refusal(language: str, rejection: Rejection, zone: ZoneInfo | None = None) -> str:
    """The sentence for a refused row. Times among its parameters are told in `zone`."""
    params = dict(rejection.params)
    for name, value in params.items():
        if isinstance(value, datetime):
            params[name] = value.astimezone(zone).isoformat(timespec="minutes")
    field = f"field.{rejection.field}"
    params["field"] = text(language, field) if has(field) else rejection.field
    params["value"] = rejection.value
    exact = f"refused.{rejection.code}.{rejection.detail}"
    return text(language, exact if rejection.detail and has(exact) else f"refused.{rejection.code}", **params)


def note(language: str, said: Note) -> str:
    """The sentence for a note on a file; places in it by their names."""
    return text(language, f"area_note.{said.code}", **{name: _named(language, v) for name, v in said.params.items()})


def _named(language: str, value: object) -> object:
    if isinstance(value, Place):
        return value.label(language)
    if isinstance(value, tuple):
        return (", " if language == "en" else "、").join(str(_named(language, one)) for one in value) or "—"
    return value


def unreadable(language: str, problem: Unreadable) -> str:
    """The sentence for a file that cannot be read at all."""
    return text(language, f"unreadable.{problem.problem}", **problem.params)


def source_problem(language: str, problem: Mapping[str, Any]) -> str:
    """The sentence for a source that could not be pulled: `code` and `params`, as they are kept."""
    code, params = problem["code"], dict(problem["params"])
    if code == "unreadable":
        return text(language, f"unreadable.{params.pop('problem')}", **params)
    if "failure" in params:
        params["failure"] = source_problem(language, params["failure"])
    return text(language, f"source_problem.{code}", **params)
