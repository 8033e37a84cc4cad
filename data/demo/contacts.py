"""Invented people on duty for the demonstration: a clerk at every site, two managers in every town, the district's
data group. The same for the same seed; no name is anybody's, and no network gives out numbers that begin with 100."""

from collections.abc import Sequence
from random import Random

from data.ingest.contacts import ContactSpec, Posts
from domain.contacts import Contact, Post

SITE_SURNAMES = (
    "李王张刘赵周吴徐孙马朱胡郭何罗高林郑梁谢宋唐许韩冯曹彭曾肖田董袁潘蒋蔡余杜叶程苏"
    "魏吕丁任沈姚卢姜崔钟谭陆汪范石廖贾韦夏"
)
ABOVE_SURNAMES = "冼黄邓区麦莫关霍岑简劳甘植阮欧招"
"""People of different levels have different surnames, so that one name in a message means one person."""

GIVEN = "敏丽霞芳娟燕玲珍静婷莹雯慧洁萍红梅英华明辉强伟勇军杰斌涛浩宇鹏俊文志国建平海波龙飞健彬凯锋源诚毅康乐安宁"

NUMBER = "100{:08d}"


def contacts_of(sites: Sequence[tuple[str, str]], district: str, seed: int) -> tuple[list[ContactSpec], Posts]:
    """Everybody on duty: for each site (its code, its town's code), each town and the district."""
    rng = Random(f"{seed}/contacts")
    towns = sorted({town for _, town in sites})
    wanted = [(code, SITE_SURNAMES, Post.DUTY) for code, _ in sorted(sites)]
    wanted += [(town, ABOVE_SURNAMES, post) for town in towns for post in (Post.DATA, Post.INFORMATION)]
    wanted += [(district, ABOVE_SURNAMES, Post.DATA)]
    numbers = rng.sample(range(10**8), len(wanted))
    names: set[str] = set()
    specs, posts = [], Posts()
    for (place, surnames, post), number in zip(wanted, numbers, strict=True):
        name = ""
        while not name or name in names:
            name = rng.choice(surnames) + "".join(rng.sample(GIVEN, rng.choice((1, 2, 2))))
        names.add(name)
        spec = ContactSpec(place, Contact(name, NUMBER.format(number), post.value))
        specs.append(spec)
        posts.add(spec)
    return specs, posts
