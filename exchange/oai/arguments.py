"""What a harvester asks: verbs and their arguments (the protocol, sections 3 and 4)."""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.core import signing

from exchange.tables.kinds import TABLES

FORMAT = "oai_dc"
SETS = {table.name: table for table in TABLES.values()}
LISTING = {"metadataPrefix", "from", "until", "set", "resumptionToken"}
# Of each verb: the arguments it knows, and those that it must have
VERBS = {
    "Identify": (set(), set()),
    "ListMetadataFormats": ({"identifier"}, set()),
    "ListSets": ({"resumptionToken"}, set()),
    "ListIdentifiers": (LISTING, {"metadataPrefix"}),
    "ListRecords": (LISTING, {"metadataPrefix"}),
    "GetRecord": ({"identifier", "metadataPrefix"}, {"identifier", "metadataPrefix"}),
}
NAME = re.compile(r"[A-Za-z0-9\-_.!~*'()]+")
SET = re.compile(rf"{NAME.pattern}(:{NAME.pattern})*")
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
TOKENS_LAST = timedelta(days=1)
SALT = "exchange.oai"


class RefusedError(Exception):
    """The protocol's own error: its code, and words for people."""

    def __init__(self, code, words):
        super().__init__(words)
        self.code = code
        self.words = words


class Selection(NamedTuple):
    """
    What of the record is asked for, and what of that was given already.

    `since` and `before` bound the datestamp, the second of them left out. `kind` and
    `after` are the place of the last item given; `given` is how many there were, of
    `total`.
    """

    since: datetime | None = None
    before: datetime | None = None
    set: str = ""
    kind: int = 0
    after: str = ""
    given: int = 0
    total: int = 0


def read(arguments):
    """Return {name: value} of a request with a verb; `arguments` is a QueryDict."""
    verbs = arguments.getlist("verb")
    if len(verbs) != 1 or verbs[0] not in VERBS:
        raise RefusedError("badVerb", f"One verb is needed: {', '.join(VERBS)}.")
    known, needed = VERBS[verbs[0]]
    for name, values in arguments.lists():
        if name not in known | {"verb"}:
            raise RefusedError("badArgument", f"{verbs[0]} has no argument {name!r}.")
        if len(values) > 1:
            raise RefusedError("badArgument", f"{name} is given {len(values)} times.")
    asked = arguments.dict()
    if "resumptionToken" in asked:
        if set(asked) != {"verb", "resumptionToken"}:
            raise RefusedError("badArgument", "resumptionToken must stand alone.")
        return asked
    for name in sorted(needed - set(asked)):
        raise RefusedError("badArgument", f"{verbs[0]} needs the argument {name}.")
    prefix = asked.get("metadataPrefix", FORMAT)
    if not NAME.fullmatch(prefix):
        raise RefusedError("badArgument", "metadataPrefix is malformed.")
    if re.search(r"\s|[\x00-\x1f\x7f]", asked.get("identifier", "")):
        raise RefusedError("badArgument", "identifier is no address.")
    return asked


def selection(asked):
    """Return what is selected by the arguments of a list, and by its token."""
    if "resumptionToken" in asked:
        return resume(asked["verb"], asked["resumptionToken"])
    since, before = bounds(asked.get("from"), asked.get("until"))
    chosen = asked.get("set", "")
    if "set" in asked and not SET.fullmatch(chosen):
        raise RefusedError("badArgument", "set is malformed.")
    known_format(asked["metadataPrefix"])
    if chosen and chosen not in SETS:
        raise RefusedError("noRecordsMatch", f"There is no set {chosen!r}.")
    return Selection(since, before, chosen)


def known_format(prefix):
    if prefix != FORMAT:
        raise RefusedError("cannotDisseminateFormat", f"The only format is {FORMAT}.")


def bounds(since, until):
    """Return the moments that `from` and `until` mean, the second one left out."""
    if since and until and len(since) != len(until):
        raise RefusedError("badArgument", "from and until differ in granularity.")
    first, last = (moment(one) if one is not None else None for one in (since, until))
    if first and last and first > last:
        raise RefusedError("badArgument", "from is later than until.")
    if last is None:
        return first, None
    step = (
        timedelta(days=1) if len(until) == len("2026-01-01") else timedelta(seconds=1)
    )
    try:
        return first, last + step
    except OverflowError:
        return first, None  # the end of time


def moment(text):
    """Return a UTCdatetime of either granularity (the protocol, section 3.3)."""
    pattern = {10: DAY, 20: SECOND}.get(len(text))
    if pattern and pattern.fullmatch(text):
        try:
            return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
        except ValueError:
            pass
    words = "A date is YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ."
    raise RefusedError("badArgument", words)


def token(verb, selected):
    """Return a token that leads on from there: signed, and good for a day."""
    since, before, *rest = selected
    moments = [one and one.isoformat() for one in (since, before)]
    return signing.dumps([verb, *moments, *rest], salt=SALT)


def resume(verb, text):
    """Return the selection of a token that this portal gave for this verb."""
    try:
        said = signing.loads(text, salt=SALT, max_age=TOKENS_LAST)
    except signing.BadSignature:
        said = [None]
    if said[0] != verb:
        raise RefusedError("badResumptionToken", "The token is invalid or has expired.")
    _verb, *moments, chosen, kind, after, given, total = said
    since, before = (one and datetime.fromisoformat(one) for one in moments)
    return Selection(since, before, chosen, kind, after, given, total)
