"""The answers as XML (the protocol, sections 3.2 and 4)."""

from datetime import UTC
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, tostring

from exchange.linked_data.values import in_words
from exchange.oai import arguments, dublin_core
from exchange.oai.arguments import FORMAT, SETS, RefusedError
from exchange.oai.items import Holdings
from exchange.publishing.schedule_xml import add, written

OAI = "http://www.openarchives.org/OAI/2.0/"
OAI_DC = f"{OAI}oai_dc/"
DC = "http://purl.org/dc/elements/1.1/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
# The protocol wants an address to write to. Where none is on record this one says so:
# no mail ever arrives at ".invalid" (RFC 2606).
NO_ADDRESS = "not-on-record@forum-portal.invalid"
# Errors after which the arguments are not repeated (the protocol, section 3.6)
NOT_REPEATED = {"badVerb", "badArgument"}


def answer(query, site, path, now, size, forum):
    """
    Return the bytes of the answer to a request, whose arguments are a QueryDict.

    `forum()` returns what has the `name` and `contact` to identify the record by.
    """
    root = Element(
        "OAI-PMH",
        {
            "xmlns": OAI,
            "xmlns:xsi": XSI,
            "xsi:schemaLocation": f"{OAI} {OAI}OAI-PMH.xsd",
        },
    )
    add(root, "responseDate", utc(now))
    request = SubElement(root, "request")
    request.text = site + path
    harvest = Harvest(site, now, size, forum, site + path)
    try:
        asked = arguments.read(query)
        body = getattr(harvest, asked["verb"])(asked)
        repeated = asked
    except RefusedError as error:
        body = Element("error", code=error.code)
        body.text = written(error.words)
        repeated = {} if error.code in NOT_REPEATED else asked
    for name, value in repeated.items():
        request.set(name, written(value))
    root.append(body)
    return tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


class Harvest:
    """The six verbs. Each takes the arguments and returns its element."""

    def __init__(self, site, now, size, forum, base):
        self.site, self.now, self.size = site, now, size
        self.forum, self.base = forum, base
        self.items = Holdings(now, dublin_core.load)
        self.headers = Holdings(now, only_headers)
        self.prefix = f"oai:{urlsplit(site).hostname}:"

    def Identify(self, asked):  # noqa: N802 — the protocol's own name, as below
        found = Element("Identify")
        forum = self.forum()
        for name, text in (
            ("repositoryName", forum.name or "Forum Portal"),
            ("baseURL", self.base),
            ("protocolVersion", "2.0"),
            ("adminEmail", forum.contact if "@" in forum.contact else NO_ADDRESS),
            ("earliestDatestamp", utc(self.headers.earliest())),
            ("deletedRecord", "persistent"),
            ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
            ("compression", "gzip"),
        ):
            add(found, name, text)
        return found

    def ListMetadataFormats(self, asked):  # noqa: N802
        if "identifier" in asked:
            self.find(asked["identifier"], self.headers)
        found = Element("ListMetadataFormats")
        known = SubElement(found, "metadataFormat")
        add(known, "metadataPrefix", FORMAT)
        add(known, "schema", f"{OAI}oai_dc.xsd")
        add(known, "metadataNamespace", OAI_DC)
        return found

    def ListSets(self, asked):  # noqa: N802
        if "resumptionToken" in asked:
            raise RefusedError("badResumptionToken", "The sets come in one part.")
        found = Element("ListSets")
        for name, table in SETS.items():
            one = SubElement(found, "set")
            add(one, "setSpec", name)
            add(one, "setName", table.title)
            dc = dublin_core_in(SubElement(one, "setDescription"))
            for words in in_words(table.model._meta.verbose_name_plural):
                element(dc, "title", words["@value"], words["@language"])
        return found

    def GetRecord(self, asked):  # noqa: N802
        item = self.find(asked["identifier"], self.items)
        arguments.known_format(asked["metadataPrefix"])
        found = Element("GetRecord")
        self.add_records(found, [item])
        return found

    def ListIdentifiers(self, asked):  # noqa: N802
        return self.listed(asked, self.headers, self.add_headers)

    def ListRecords(self, asked):  # noqa: N802
        return self.listed(asked, self.items, self.add_records)

    def listed(self, asked, holdings, write):
        """Return one part of a list, and a token that leads to the next."""
        selected = arguments.selection(asked)
        resumed = "resumptionToken" in asked
        if not resumed:
            selected = selected._replace(total=holdings.count(selected))
        found, place = holdings.part(selected, self.size)
        if not found and resumed:
            raise RefusedError("badResumptionToken", "What was left is gone.")
        if not found:
            raise RefusedError("noRecordsMatch", "Nothing on record is so.")
        body = Element(asked["verb"])
        write(body, found)
        if place or resumed:
            given = selected.given + len(found)
            total = max(selected.total, given + bool(place))
            token = SubElement(body, "resumptionToken", cursor=str(selected.given))
            token.set("completeListSize", str(total))
            if place:
                kind, after = place
                following = selected._replace(
                    kind=kind, after=after, given=given, total=total
                )
                token.text = arguments.token(asked["verb"], following)
                token.set("expirationDate", utc(self.now + arguments.TOKENS_LAST))
        return body

    def find(self, identifier, holdings):
        """Return the item of an identifier such as oai:example.org:9471c89c-6a25-…."""
        uid = identifier.removeprefix(self.prefix)
        try:
            known = identifier.startswith(self.prefix) and str(UUID(uid)) == uid
        except ValueError:
            known = False
        found = holdings.find(UUID(uid)) if known else None
        if not found:
            raise RefusedError("idDoesNotExist", "No record has this identifier.")
        return found

    def add_headers(self, parent, found):
        for item in found:
            header = SubElement(parent, "header")
            if item.record is None:
                header.set("status", "deleted")
            add(header, "identifier", f"{self.prefix}{item.uid}")
            add(header, "datestamp", utc(item.datestamp))
            add(header, "setSpec", item.set)

    def add_records(self, parent, found):
        """Add records; a tombstone has a header and nothing else."""
        for item in found:
            one = SubElement(parent, "record")
            self.add_headers(one, [item])
            if item.record:
                dc = dublin_core_in(SubElement(one, "metadata"))
                table = SETS[item.set]
                for said in dublin_core.elements(item.record, table, self.site):
                    element(dc, *said)


def only_headers(records, table):
    return records.only("uid")


def dublin_core_in(parent):
    return SubElement(
        parent,
        "oai_dc:dc",
        {
            "xmlns:oai_dc": OAI_DC,
            "xmlns:dc": DC,
            "xsi:schemaLocation": f"{OAI_DC} {OAI}oai_dc.xsd",
        },
    )


def element(parent, name, text, language):
    add(parent, f"dc:{name}", text, **({"xml:lang": language} if language else {}))


def utc(moment):
    """Return a moment as a UTCdatetime, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
