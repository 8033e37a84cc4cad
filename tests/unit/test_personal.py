"""What people write about a task holds nobody's number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Refused
from domain.personal import holds_number, read_remark


@pytest.mark.parametrize(
    "written",
    [
        "13800138000", "请打 138 0013 8000", "138-0013-8000", "+86 138 0013 8000", "１３８００１３８０００",
        "440607199001011234", "44060719900101123X", "440607 1990 0101 123x", "440607900101123",
        "证件440607199001011234。",
        "0757-87731234", "(0757) 8773 1234", "020 8888 8888", "+421 905 123 456", "电话87731234", "手机：8773123",
        "phone 555123", "护照 E12345678",
    ],
)  # fmt: skip
def test_numbers_of_documents_and_telephones_are_seen(written):
    assert holds_number(written)
    with pytest.raises(Refused) as refusal:
        read_remark("note", written, 500)
    assert (refusal.value.detail, refusal.value.value) == ("personal", "")


@pytest.mark.parametrize(
    "written",
    [
        "", "10 人已就地留置", "14:05 到场，2021-06-06 15:30 复采", "第 3 轮 2 号台", "箱 0012，送检单 20210606",
        "6号楼 402 室",
        "110 值班室已确认", "120 已出车", "管 12, 13, 14", "S0001-0203", "电话已通知",
    ],
)  # fmt: skip
def test_counts_times_and_places_are_not(written):
    assert not holds_number(written)
    assert read_remark("note", written, 500) == written


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text(alphabet="人在楼上。, ", max_size=8))
def test_a_mobile_number_is_seen_wherever_it_stands(number, around):
    assert holds_number(f"{around}{number}{around}")


@given(st.from_regex(r"[1-9][0-9]{16}[0-9Xx]", fullmatch=True))
def test_an_identity_number_is_always_seen(number):
    assert holds_number(number)
