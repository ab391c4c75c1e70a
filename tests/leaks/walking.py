"""Every public address there is, as a visitor asks for it."""

import io
import re
import zipfile
from collections import Counter, defaultdict, deque
from itertools import count
from urllib.parse import urldefrag, urlencode, urljoin

from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory
from django.urls import get_resolver, reverse
from django.utils.translation import override

from exchange.models import DatasetRelease
from exchange.oai.arguments import FORMAT, SETS, VERBS
from exchange.pictures.kinds import PICTURES
from exchange.tables.kinds import TABLES
from exchange.tables.views import FORMATS
from exchange.trace.traces import KINDS as TRACED
from forum_portal.page_cache import PageCache
from forum_portal.sitemaps import sections
from records.languages import TAGS
from tests.leaks.planting import HIDDEN, KINDS, OPEN, PUBLIC, SECRET
from tests.past import day

HOST = "http://testserver"
LINK = re.compile(r'(?:href|src)="([^"]+)"')
LOCATION = re.compile(r"<loc>([^<]+)</loc>")
SLUG = re.compile(r"vqy\d+y|only-name")
NOWHERE = "no-such-thing"
DJANGO = get_wsgi_application()


class Visitor:
    """Somebody without a session, in front of the page cache."""

    def __init__(self):
        self.cache = PageCache(DJANGO, room=100_000_000)
        self.answers = 0

    def get(self, address):
        """Return (status, all that the answer says, whether it is HTML)."""
        path, _mark, query = address.partition("?")
        environ = RequestFactory().generic("GET", path).environ
        # Each time from another place: nobody is told to slow down.
        place = f"10.0.{self.answers // 250}.{self.answers % 250 + 1}"
        environ |= {"QUERY_STRING": query, "HTTP_HOST": "testserver"}
        environ["REMOTE_ADDR"] = place
        said = []
        parts = self.cache(environ, lambda *answer: said.append(answer))
        body = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        self.answers += 1
        status, headers = said[0][:2]
        html = "text/html" in dict(headers).get("Content-Type", "")
        return int(status[:3]), f"{headers}\n{readable(body)}".lower(), html


def readable(body):
    """Return what a body says, with that of all files in it, if it is an archive."""
    if not body.startswith(b"PK"):
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        return "\n".join(readable(packed.read(name)) for name in packed.namelist())


def routes(resolver=None, before=""):
    """Yield (name, parameters) of every named route but the admin's."""
    resolver = resolver or get_resolver()
    for name in resolver.reverse_dict:
        if isinstance(name, str):
            for possibilities, *_rest in resolver.reverse_dict.getlist(name):
                for _form, parameters in possibilities:
                    yield before + name, tuple(parameters)
    for space, (_prefix, inner) in resolver.namespace_dict.items():
        if space not in {"admin", "sheets", "signing_in"}:
            yield from routes(inner, f"{before}{space}:")


def own_pages_of_the_admin(name):
    return name.startswith("password_reset")


class Addresses:
    """
    The addresses to begin with, as {address: name of its route}.

    A route with a parameter that nobody has thought of is an error.
    """

    def __init__(self, planted):
        self.planted = planted
        self.found = {}
        self.kind_of = {table.name: table.model for table in TABLES.values()}
        for place, code in enumerate(TAGS):
            with override(code):
                for turn, (name, parameters) in enumerate(sorted({*routes()})):
                    if not own_pages_of_the_admin(name):
                        self.add_route(name, parameters, place + turn)
        self.add_queries()

    def add(self, name, address):
        self.found.setdefault(address, name)

    def slugs(self, kind):
        public = [record.slug for record in self.planted.public[kind]]
        more = ["only-name"] if kind is KINDS["person"] else []
        return [*public, *more, *self.planted.slugs[kind]]

    def add_route(self, name, parameters, turn):
        """Add all addresses of a route; what is hidden and files in one language."""
        for place, given in enumerate(self.values(name, parameters)):
            slug = given.get("slug", "")
            hidden, file = HIDDEN.search(slug), "-record-" in name
            # One view answers for all files of records: of each some, in turn.
            every = len(TAGS) if hidden or file else 1
            every *= 1 + 2 * bool(hidden and file)
            # An address of before leads on, or not, by the same few lines.
            every *= 1 + 4 * (slug in self.planted.former)
            if (place + turn) % every == 0:
                self.add(name, reverse(name, kwargs=given))

    def values(self, name, parameters):
        """Return what to put into a route, as a list of dictionaries."""
        known = set(parameters) - {"ending", "page"}
        if not known:
            return [{}]
        if known == {"slug"}:
            folder = reverse(name, kwargs={"slug": "a"}).strip("/").split("/")
            kinds = [self.kind_of[one] for one in folder if one in self.kind_of]
            return [{"slug": slug} for slug in self.slugs(kinds[0])]
        if known == {"folder", "slug"}:
            return [
                {"folder": folder, "slug": slug}
                for folder, kind in TRACED.items()
                for slug in self.slugs(kind.model)
            ]
        if known == {"name"}:
            return [{"name": picture} for picture in PICTURES]
        if known == {"section"}:
            return [{"section": section} for section in sections()]
        if known == {"release", "file"}:
            return [
                {"release": release.name, "file": file["name"]}
                for release in DatasetRelease.objects.all()
                for file in release.files
            ]
        if known == {"path"}:
            return [{"path": path} for path in self.planted.files]
        if known == {"token"}:
            tokens = [*self.planted.tokens[::5], NOWHERE]
            more = {"page": "sessions/x/"} if "page" in parameters else {}
            return [{"token": token, **more} for token in tokens]
        raise AssertionError(f"{name} has parameters that nobody walks: {parameters}")

    def add_queries(self):
        """Ask the pages that take them for what is hidden, by its address."""
        turn, codes = count(), list(TAGS)
        for page, table in TABLES.items():
            for name in table.filterset_class.base_filters:
                kind = KINDS.get({"stage": "lifecyclestage"}.get(name, name))
                for record in self.planted.hidden[kind] if kind else ():
                    place, query = next(turn), f"?{urlencode({name: record.slug})}"
                    with override(codes[place % len(codes)]):
                        self.add(page, reverse(page) + query)
                        ending = [*FORMATS][place % len(FORMATS)]
                        file = reverse(f"exchange:{table.name}-{ending}")
                        self.add(f"{table.name} of a hidden one", file + query)
            api = reverse(f"api:{table.name}")
            self.add("api", f"{api}?expand=all")
            for record in self.planted.public[table.model][:1]:
                self.add("api", f"{api}{record.slug}/?expand=all")
                with override(codes[next(turn) % len(codes)]):
                    for ago in (30, 11, 5, 0):
                        at = f"?version={day(ago)}"
                        file = f"exchange:{table.name}-record-bib"
                        self.add("version", record.get_absolute_url() + at)
                        self.add("version", reverse(file, args=[record.slug]) + at)
            for record in self.planted.hidden[table.model]:
                about = f"?{urlencode({'about': record.address})}"
                for name in ("corrections", "contact"):
                    with override(codes[next(turn) % len(codes)]):
                        self.add(name, reverse(name) + about)
        self.add_harvests()
        self.add_searches()
        for code in codes:
            with override(code):
                self.add_asked()

    def add_asked(self):
        regulations = [r.slug for r in self.planted.public[KINDS["regulation"]]]
        hidden = [r.slug for r in self.planted.hidden[KINDS["regulation"]]]
        asked = urlencode([("r", slug) for slug in regulations + hidden])
        compare = reverse("topics:compare")
        self.add("compare", f"{compare}?{asked}")
        for ending in FORMATS:
            if ending in {"csv", "xlsx", "json"}:
                self.add("compare", f"{compare[:-1]}.{ending}?{asked}")
        sessions = [*self.planted.public[KINDS["session"]]]
        sessions += self.planted.hidden[KINDS["session"]]
        for edition in [
            self.planted.public[KINDS["edition"]][0],
            *self.planted.hidden[KINDS["edition"]],
        ]:
            codes = ".".join(session.code for session in sessions)
            asked = urlencode({"edition": edition.slug, "s": codes})
            self.add("agenda", f"{reverse('sessions:agenda')}?{asked}")
            self.add("agenda", f"{reverse('exchange:agenda-calendar')}?{asked}")
            programme = edition.get_programme_url()
            for view in ("grid", "day", "full"):
                self.add("programme", f"{programme}?view={view}")
            for name in PICTURES:
                for ending in ("json", "svg"):
                    file = reverse(f"exchange:picture-{ending}", args=[name])
                    self.add("picture", f"{file}?edition={edition.slug}")
        for kind in ("organization",):
            for record in self.planted.hidden[KINDS[kind]]:
                network = reverse("exchange:picture", args=["network"])
                self.add("picture", f"{network}?{kind}={record.slug}")

    def add_harvests(self):
        uids = [
            record.uid
            for records in (
                *self.planted.hidden.values(),
                *self.planted.public.values(),
            )
            for record in records
        ]
        for verb, (known, must) in VERBS.items():
            plain = {"metadataPrefix": FORMAT} if "metadataPrefix" in must else {}
            asked = [plain] if "identifier" not in must else []
            if "set" in known:
                asked += [{**plain, "set": name} for name in SETS]
            if "identifier" in known:
                asked += [{**plain, "identifier": f"oai:testserver:{u}"} for u in uids]
            if not must:
                asked = asked[:9]
            for one in asked:
                self.add(f"oai {verb}", f"/oai?{urlencode({'verb': verb, **one})}")

    def add_searches(self):
        for code in TAGS:
            with override(code):
                search, suggest = reverse("search:search"), reverse("search:suggest")
            for word in (SECRET, OPEN, f"{SECRET}e", "zqx", "vqy", "only name"):
                self.add("search", f"{search}?{urlencode({'q': word})}")
                self.add("suggest", f"{suggest}?{urlencode({'q': word[:6]})}")
            for records in self.planted.hidden.values():
                for record in records:
                    name = getattr(record, f"{record.heading_field}_en")
                    asked = urlencode({"q": name.split()[-1]})
                    self.add("search for a hidden one", f"{search}?{asked}")
                break
            kinds = {"lifecyclestage": "stage"}
            for name, kind in KINDS.items():
                slug = self.planted.hidden[kind][0].slug
                asked = urlencode({"q": OPEN, kinds.get(name, name): slug})
                self.add("search", f"{search}?{asked}")


class Walk:
    """
    What a visitor found on the way.

    `leaks` are sentences; `channels` are {route: [answers of 200, public words]}.
    """

    def __init__(self, planted):
        self.planted = planted
        self.leaks, self.statuses = [], {}
        self.channels = defaultdict(lambda: [0, 0])
        self.shapes = Counter()
        self.visitor = Visitor()

    def go(self):
        waiting = deque(Addresses(self.planted).found.items())
        known = {address for address, _name in waiting}
        while waiting:
            address, name = waiting.popleft()
            status, text, html = self.visitor.get(address)
            self.statuses[address] = status
            self.look(address, name, status, text)
            if status != 200 or HIDDEN.search(address):
                continue
            links = LINK.findall(text) if html else LOCATION.findall(text)
            for link in links:
                target = self.target(address, link)
                if target and target not in known:
                    known.add(target)
                    waiting.append((target, "link"))
        return self

    def look(self, address, name, status, text):
        found = {*HIDDEN.findall(text)} - {*HIDDEN.findall(address.lower())}
        # Its own address tells what was withdrawn and why, and so does the list of
        # changes to a programme; harvesters are told its identifier.
        if status in {301, 410} or "/changes" in address or "verb=" in address:
            found -= self.planted.told
        for word in sorted(found):
            place = self.planted.words.place.get(word, "identifier")
            self.leaks.append(f"{place} ({word}) in {address} ({status})")
        if status == 200:
            channel = self.channels[name]
            channel[0] += 1
            channel[1] += len({*PUBLIC.findall(text)})

    def target(self, address, link):
        """Return the address that a link leads to, if it is to be walked."""
        target = urldefrag(urljoin(HOST + address, link.replace("&amp;", "&")))[0]
        if not target.startswith(HOST + "/"):
            return None
        target = target.removeprefix(HOST)
        path, _mark, query = target.partition("?")
        if path.startswith(("/admin/", "/static/")):
            return None
        # Files of lists and records are asked for above.
        if not path.endswith("/") and not path.startswith("/media/"):
            return None
        # One of many: a filter of a list, a version of a record.
        names = {pair.partition("=")[0] for pair in query.split("&")}
        shape = SLUG.sub("-", path.partition("/")[2].partition("/")[2]), *sorted(names)
        self.shapes[shape] += bool(query)
        return target if self.shapes[shape] <= 1 else None
