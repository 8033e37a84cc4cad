"""What a district's own template may name; a test holds the lists against what `content` writes."""

from collections.abc import Mapping

from locales import text

FIELD_LISTS: Mapping[str, tuple[str, ...]] = {
    "towns": ("name", "code", "sites", "target", "persons", "completion", "planned_share", "gap", "finish",
              "reported", "reported_count", "expected", "missing_count", "hour_persons", "tubes", "third_copies",
              "special_cases", "verified"),
    "hours": ("hour", "hour_end", "persons", "plan", "total", "share", "plan_share", "tubes", "expected", "on_time",
              "late", "missing"),
    "sites": ("code", "name", "town", "target", "persons", "completion", "hour_persons", "tubes", "third_copies",
              "special_cases", "verified", "state"),
    "missing": ("code", "name"),
    "todos": ("number", "text"),
    "corrections": ("at", "place", "effect", "effect_persons", "effect_tubes", "reason", "who", "checked"),
}  # fmt: skip
"""Fields of one row of each list; a template is checked against these before anything is filled in."""

FIELD_NAMES = (
    "title", "issue", "state", "place", "campaign", "date", "data_until", "known_at", "revision", "lead", "brief",
    "persons", "target", "completion", "planned_share", "gap", "hour_persons", "tubes", "hour_tubes", "per_tube",
    "third_copies", "special_cases", "verified", "expected", "reported", "late", "missing_count", "missing_names",
    "finish", "finish_low", "finish_high", "site_count", "town_count", "towns_verified", "drafted_by", "reviewed_by",
    "signed_by", "signed_at", "reason", "remark", "method", "demo",
)  # fmt: skip
"""Single fields, in the order of the list of fields; a test holds them against what is written."""


def field_meaning(name: str, language: str) -> str:
    """What a field of a template stands for; of a list, with the fields of one row."""
    return text(language, f"bulletin.field.{name}", fields=", ".join(FIELD_LISTS.get(name, ())))
