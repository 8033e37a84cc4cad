"""Sign-off of a site's count by both sides: when it holds, when it is open again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.handover import Side, Signature, Standing, standing_of

EIGHT = datetime(2021, 6, 6, 12, tzinfo=UTC)


def signed(side: Side, site: int, lab: int, minutes: int = 0) -> Signature:
    return Signature(side, site, lab, "测试", "数据员", "", EIGHT + timedelta(minutes=minutes))


SITE, LAB = signed(Side.SITE, 460, 458), signed(Side.LAB, 460, 458, 5)


@pytest.mark.parametrize(
    ("given_", "counts", "due", "standing"),
    [
        ([], (460, 458), False, Standing.NOT_DUE),
        ([], (460, 458), True, Standing.UNSIGNED),
        ([SITE], (460, 458), True, Standing.ONE_SIDE),
        ([LAB], (460, 458), True, Standing.ONE_SIDE),
        ([SITE, LAB], (460, 458), True, Standing.SIGNED),
        ([SITE, LAB], (460, 460), True, Standing.REOPENED),
        ([SITE], (461, 458), True, Standing.UNSIGNED),
        ([SITE, LAB, signed(Side.SITE, 460, 460, 9)], (460, 460), True, Standing.REOPENED),
        ([SITE, signed(Side.LAB, 460, 457, 2), LAB], (460, 458), True, Standing.SIGNED),
        ([SITE, signed(Side.LAB, 460, 457, 2)], (460, 459), True, Standing.UNSIGNED),
    ],
)
def test_both_sides_have_to_have_seen_the_counts_of_now(
    given_: list[Signature], counts: tuple[int, int], due: bool, standing: Standing
):
    assert standing_of(given_, *counts, due)[0] is standing


def test_the_last_word_of_each_side_is_the_one_shown():
    later = signed(Side.SITE, 460, 460, 9)
    assert standing_of([SITE, LAB, later], 460, 460, True)[1:] == (later, LAB)


@given(st.lists(st.tuples(st.sampled_from(Side), st.integers(0, 2), st.integers(0, 2))), st.integers(0, 2))
def test_signed_means_that_both_agree_on_the_counts_of_now(said: list[tuple[Side, int, int]], count: int):
    given_ = [signed(side, site, lab, i) for i, (side, site, lab) in enumerate(said)]
    standing, by_site, by_lab = standing_of(given_, count, count, True)
    both = all(s is not None and (s.site_count, s.lab_count) == (count, count) for s in (by_site, by_lab))
    assert (standing is Standing.SIGNED) == both
