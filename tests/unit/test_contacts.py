import pytest

from domain.contacts import Contact, Post, in_order, masked, read_phone, read_post
from domain.errors import Code, Refused


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("13800002210", "138****2210"), ("0757-87731234", "075****1234"), ("87731234", "877****1234"), ("110", "*10"),
     ("12", "12"), ("", "")],
)  # fmt: skip
def test_a_masked_number_can_be_recognised_and_not_rung(phone, shown):
    assert masked(phone) == shown


@pytest.mark.parametrize(
    ("value", "phone"),
    [("13800002210", "13800002210"), (13800002210, "13800002210"), (13800002210.0, "13800002210"),
     (" 0757-8773 1234 ", "0757-8773 1234"), ("+86 138 0000 2210", "+86 138 0000 2210"), (None, ""), ("", "")],
)  # fmt: skip
def test_a_number_is_taken_as_people_write_it(value, phone):
    assert read_phone(value) == phone


@pytest.mark.parametrize(
    "value", ["李敏", "=1+1", "1380000221O", "<b>1</b>", "1", "1" * 40, 1.5, True, "javascript:1"]
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(Refused) as refusal:
        read_phone(value)
    assert refusal.value.code is Code.BAD_VALUE


@pytest.mark.parametrize(
    ("value", "post"),
    [(None, "duty"), ("", "duty"), ("值班", "duty"), ("数据员", "data"), ("信息管理员", "information"),
     ("LEAD", "lead"), ("点长", "lead"), ("联络员", "联络员")],
)  # fmt: skip
def test_a_post_is_recognised_or_kept_as_it_is(value, post):
    assert read_post(value) == post


def test_who_is_on_duty_is_rung_first_and_unknown_posts_last():
    people = [Contact("丁", "1", "联络员"), Contact("丙", "1", Post.LEAD), Contact("乙", "1", Post.DATA),
              Contact("甲", "1", Post.DUTY)]  # fmt: skip
    assert [one.name for one in in_order(people)] == ["甲", "乙", "丙", "丁"]
