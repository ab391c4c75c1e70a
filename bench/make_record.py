"""
A forum's record of any size for benchmarks: seeded, bilingual, of realistic lengths.

Words are drawn by Zipf's law from a vocabulary of the field, so that some are in
most records and many in few. It is written with bulk methods into the database of
the settings, which should be an empty one.
"""

import datetime
import random
import zoneinfo

from django.db import transaction
from django.utils import timezone

from organizations.models import Organization, Person
from search import index
from sessions.models import Contribution, Edition, EditionDay, Session
from topics.models import LifecycleStage, Mineral, Regulation, Topic

ENGLISH = (
    "supply chain mineral mining due diligence responsible sourcing human rights "
    "governance labour battery cobalt lithium nickel copper standard policy "
    "company report transparency risk energy transition partnership community "
    "development environment biodiversity tailings water carbon recycling refining "
    "trade law regulation directive convention audit traceability certificate "
    "investment finance smelter artisanal conflict security indigenous women "
    "safety training dialogue"
).split()
CHINESE = (
    "矿产 供应链 尽责 管理 责任 采购 人权 治理 劳工 电池 钴 锂 镍 铜 标准 政策 "
    "企业 报告 透明度 风险 能源 转型 伙伴 社区 发展 环境 生物多样性 尾矿 水资源 "
    "低碳 回收 冶炼 贸易 法规 指令 公约 审核 追溯 认证 投资 金融 手工采矿 冲突 "
    "安全 原住民 妇女 培训 对话 论坛"
).split()
SURNAMES = ("王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 林 郭 何 高 罗").split()
GIVEN = (
    "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀 霞 平 立 会 波 文"
).split()
LATIN = ("Okafor Smith Müller Silva Nguyen Kabila Rossi Novak Diallo Tanaka").split()
FIRST = ("Ngozi Anna Jean Maria Thi Joseph Elena Petr Aïssa Yuki").split()
BATCH = 1000
DAYS = 3  # of each edition
ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")


class Words:
    """Draws words so that the n-th is used about 1/n as often as the first."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        made = self.chance
        syllables = ("ba co de fi gu ha li mo na pe ri so ta ve zo ler min tor").split()
        coined = [
            "".join(made.choice(syllables) for _ in range(made.choice([2, 3, 4])))
            for _ in range(20_000)
        ]
        common = (
            "们这来说时要于可以作对经过其与而应该第还因如同样前进行程度关系方面内容"
        )
        signs = [chr(0x4E00 + n) for n in range(0, 6000, 3)]
        pairs = [made.choice(signs) + made.choice(signs) for _ in range(8_000)]
        self.english = ENGLISH + coined
        self.chinese = CHINESE + [common[n : n + 2] for n in range(0, 30, 2)] + pairs
        self.weights = {
            id(words): [1 / (n + 3) for n in range(len(words))]
            for words in (self.english, self.chinese)
        }
        self.ready = {}

    def draw(self, words, number):
        """Return that many words; drawn in bulk, since drawing one is slow."""
        ready = self.ready.setdefault(id(words), [])
        if len(ready) < number:
            weights = self.weights[id(words)]
            ready += self.chance.choices(words, weights, k=50_000)
        return [ready.pop() for _ in range(number)]

    def title(self):
        number = self.chance.randint(4, 9)
        chinese = "".join(self.draw(self.chinese, number))
        return " ".join(self.draw(self.english, number)).capitalize(), chinese

    def text(self, words, number, joint, stop):
        sentences = []
        while number > 0:
            length = min(number, self.chance.randint(8, 20))
            sentences.append(joint.join(self.draw(words, length)) + stop)
            number -= length
        return (" " if joint else "").join(sentences)

    def texts(self):
        """Return an English text of about 90 words and its like in Chinese."""
        number = self.chance.randint(40, 140)
        return (
            self.text(self.english, number, " ", "."),
            self.text(self.chinese, number, "", "。"),
        )


def when(days, n):
    """Return the day and the clock times of the n-th session of an edition."""
    day, turn = days[n % len(days)], n // len(days)
    start = datetime.datetime.combine(day.date, datetime.time(9), ZONE)
    start += datetime.timedelta(minutes=30 * (turn % 18))
    end = start + datetime.timedelta(minutes=25)
    return {"day": day, "starts_at": start, "ends_at": end}


def few(chance, values, most):
    """Return up to so many of the values, the first ones most often."""
    picks = (int(chance.expovariate(6 / len(values))) for _ in range(most))
    return {values[pick % len(values)] for pick in picks}


def make(size, seed=1, tell=lambda done: None):
    """Write about `size` records: nine in ten are sessions, the rest all others."""
    words = Words(seed)
    chance = words.chance
    shared = {"state": "published", "created_at": timezone.now()}
    small = max(10, size // 100)

    def some(model, number, **fields):
        made = []
        for n in range(number):
            (title, chinese), (text, text_zh) = words.title(), words.texts()
            values = {
                name: value(n, title, chinese, text, text_zh)
                for name, value in fields.items()
            }
            made.append(model(slug=f"{model.__name__.lower()}-{n}", **shared, **values))
        return model.objects.bulk_create(made, batch_size=BATCH)

    def named(field, body=""):
        fields = {
            f"{field}_en": lambda n, t, c, x, z: t[:150],
            f"{field}_zh_hans": lambda n, t, c, x, z: c[:100],
        }
        if body:
            fields[f"{body}_en"] = lambda n, t, c, x, z: x
            fields[f"{body}_zh_hans"] = lambda n, t, c, x, z: z
        return fields

    with index.together():
        topics = some(Topic, small, **named("label", "definition"))
        stages = some(LifecycleStage, 7, **named("label", "definition"))
        minerals = some(Mineral, small, kind=lambda *a: "metal", **named("label"))
        bodies = some(
            Organization,
            2 * small,
            kind=lambda *a: "company",
            country=lambda *a: chance.choice(["CN", "DE", "CL", "CD"]),
            **named("name", "description"),
        )
        people = some(
            Person,
            4 * small,
            name_en=lambda n, *a: f"{chance.choice(FIRST)} {chance.choice(LATIN)} {n}",
            name_zh_hans=lambda *a: (
                chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=2))
            ),
        )
        regulations = some(
            Regulation,
            2 * small,
            kind=lambda *a: "regulation",
            binding=lambda *a: True,
            jurisdiction=lambda *a: chance.choice(["EU", "CN", "INT", "DE"]),
            official_title_en=lambda n, t, *a: (
                f"Regulation (EU) {2000 + n % 40}/{n} {t}"
            ),
            **named("short_name", "summary"),
        )
        editions = some(Edition, 10, year=lambda n, *a: 2015 + n, **named("name"))
    days = [
        EditionDay.objects.bulk_create(
            EditionDay(
                edition=edition, number=n + 1, date=datetime.date(2015, 9, 1 + n)
            )
            for n in range(DAYS)
        )
        for edition in editions
    ]
    tied = (
        (Session.topics, topics, 3),
        (Session.minerals, minerals, 2),
        (Session.stages, stages, 2),
        (Session.regulations, regulations, 1),
    )
    made = 12 * small
    while made < size:
        number = min(BATCH, size - made)
        with transaction.atomic(), index.together():
            sessions = []
            for n in range(made, made + number):
                (title, chinese), (text, text_zh) = words.title(), words.texts()
                sessions.append(
                    Session(
                        slug=f"session-{n}",
                        code=f"S{n}",
                        edition=editions[n % 10],
                        title_en=title[:300],
                        title_zh_hans=chinese,
                        abstract_en=text,
                        abstract_zh_hans=text_zh,
                        format=chance.choice(["plenary", "workshop", "roundtable"]),
                        position=n,
                        **when(days[n % 10], n // 10),
                        **shared,
                    )
                )
            sessions = Session.objects.bulk_create(sessions)
            Contribution.objects.bulk_create(
                Contribution(session=session, person=who, organization=body, role=role)
                for session in sessions
                for role, who, body in (
                    ("speaker", chance.choice(people), None),
                    ("host", None, chance.choice(bodies)),
                )
            )
            for relation, values, most in tied:
                through, name = (
                    relation.through,
                    relation.field.m2m_reverse_field_name(),
                )
                through.objects.bulk_create(
                    through(session=session, **{name: value})
                    for session in sessions
                    for value in few(chance, values, most)
                )
        made += number
        tell(made)
    return made
