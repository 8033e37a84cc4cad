from datetime import UTC, datetime, timedelta

import pytest

from domain.findings import FLAG_SEVERITY, Finding, Topic, order, worst_flag
from domain.places import Level
from domain.reports import DOUBTFUL, Flag
from domain.status import Severity
from locales import LANGUAGES, has, text

NOW = datetime(2021, 6, 6, 4, tzinfo=UTC)


def finding(severity: Severity, minutes: int = 0, place: str = "S1") -> Finding:
    return Finding(
        "missing", severity, Topic.DATA, place, "一号点", "Site 1", Level.SITE, NOW + timedelta(minutes=minutes)
    )


def test_every_doubtful_flag_has_a_severity_and_no_other():
    assert set(FLAG_SEVERITY) == set(DOUBTFUL)
    assert Flag.LATE not in DOUBTFUL
    assert Flag.CATCH_UP not in DOUBTFUL


@pytest.mark.parametrize("flag", list(DOUBTFUL))
def test_every_doubtful_flag_has_a_sentence(flag):
    for language in LANGUAGES:
        assert has(f"finding.{flag.name.lower()}")
        assert text(language, f"flag.{flag.name.lower()}")


def test_the_worst_flag_names_the_finding():
    assert worst_flag(0) is None
    assert worst_flag(Flag.LATE | Flag.CATCH_UP) is None
    assert worst_flag(Flag.OUTLIER | Flag.TOTAL_FALLS) is Flag.TOTAL_FALLS
    assert worst_flag(Flag.OUTLIER | Flag.PERSONS_OVER_TUBES | Flag.LATE) is Flag.PERSONS_OVER_TUBES


def test_findings_stand_worst_first_then_newest_then_by_place():
    given = [
        finding(Severity.MISS),
        finding(Severity.WARN, 5),
        finding(Severity.WARN, 9),
        finding(Severity.WARN, 9, "S0"),
        finding(Severity.CRIT),
    ]
    assert [(f.severity, f.at.minute, f.place) for f in sorted(given, key=order)] == [
        (Severity.CRIT, 0, "S1"),
        (Severity.WARN, 9, "S0"),
        (Severity.WARN, 9, "S1"),
        (Severity.WARN, 5, "S1"),
        (Severity.MISS, 0, "S1"),
    ]
