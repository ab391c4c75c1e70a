"""What an answer is to the program that reads it, and what an attack became there."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import openpyxl
from lxml import etree

SAFE = {"", "http", "https", "mailto", "webcal", "urn", "eli"}
LINKS = {"action", "cite", "data", "formaction", "href", "poster", "src"}
FORBIDDEN = {"applet", "base", "embed", "frame", "iframe", "object", "style"}
DATA_SCRIPTS = {"application/ld+json", "application/json", "speculationrules"}
HTML_KEYS = re.compile(r"html", re.IGNORECASE)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
CALENDAR_LINE = re.compile(r"[A-Z][A-Z0-9-]*[;:]")
RIS_LINE = re.compile(r"([A-Z][A-Z0-9]  - |$)")
LINK_HEADER = re.compile(r'<[^<>"\s]+>; rel="[^"<>]+"(; type="[^"<>]+")?')


class Page(HTMLParser):
    """Reads HTML as a browser does and notes what an attack could have brought."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.faults, self.script = [], None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in FORBIDDEN or not re.fullmatch(r"[a-z][a-z0-9]*", tag):
            self.faults.append(f"<{tag}>")
        if "zqx" in tag or (tag == "meta" and "http-equiv" in given):
            self.faults.append(f"<{tag} {given}>")
        for name, value in attributes:
            if name.startswith("on") or name == "style" or "zqx" in name:
                self.faults.append(f"{name}={value!r} of <{tag}>")
            if name in LINKS and not is_safe(value or ""):
                self.faults.append(f"{name}={value!r} of <{tag}>")
            if name == "srcset" and any(
                not is_safe(one.split()[0]) for one in value.split(",")
            ):
                self.faults.append(f"{name}={value!r}")
        if tag == "script":
            self.script = given.get("type", "")
            if self.script not in DATA_SCRIPTS and "src" not in given:
                self.faults.append(f"a script within the page: {given}")

    def handle_endtag(self, tag):
        if tag == "script":
            self.script = None

    def handle_data(self, data):
        if self.script in DATA_SCRIPTS:
            self.faults += faults_of_json(json.loads(data))
        elif self.script is not None and data.strip():
            self.faults.append(f"a script: {data[:60]!r}")


def is_safe(link):
    """Tell whether an address, as a browser cleans it, runs no script."""
    bare = re.sub(r"[\x00-\x20]", "", link)
    scheme = bare.partition(":")[0].lower()
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme) or ":" not in bare:
        return True  # relative
    return scheme in SAFE or bare.startswith("data:image/")


def faults_of_json(value, key=""):
    """Return what is wrong within JSON: HTML in it, and addresses."""
    if isinstance(value, dict):
        return [
            fault
            for name, one in value.items()
            for fault in faults_of_json(one, key if len(name) == 2 else name)
        ]
    if isinstance(value, list):
        return [fault for one in value for fault in faults_of_json(one, key)]
    if not isinstance(value, str):
        return []
    if HTML_KEYS.search(key):
        return Page(value).faults
    if key in {"@id", "url", "sameAs", "href", "logo", "image", "URL", "link"}:
        return [] if is_safe(value) else [f"{key}: {value!r}"]
    return []


def faults_of_xml(body):
    faults = []
    tree = etree.fromstring(body, etree.XMLParser(resolve_entities=False))
    for one in tree.iter():
        name = etree.QName(one).localname if isinstance(one.tag, str) else "comment"
        if "zqx" in name or name in {"script", "comment", "foreignObject"}:
            faults.append(f"<{name}>")
        for key, value in one.attrib.items():
            plain = key.rpartition("}")[2]
            if plain.startswith("on") or "zqx" in plain:
                faults.append(f"{plain}={value!r} of <{name}>")
            if plain in LINKS and not is_safe(value):
                faults.append(f"{plain}={value!r} of <{name}>")
        if one.get("type") == "html":
            faults += Page(one.text or "").faults
        if name in {"link", "url", "loc", "uri"} and not is_safe(one.text or ""):
            faults.append(f"<{name}>{one.text}")
    return faults


def faults_of_table(rows):
    return [
        f"formula {cell[:40]!r}"
        for row in rows
        for cell in row
        if cell.startswith(FORMULA) and not NUMBER.fullmatch(cell)
    ]


def faults_of_csv(body):
    text = body.decode("utf-8-sig")
    return faults_of_table(csv.reader(io.StringIO(text, newline="")))


def faults_of_xlsx(body):
    book = openpyxl.load_workbook(io.BytesIO(body))
    return [
        f"formula in {cell.coordinate}: {cell.value!r}"
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
        or (cell.hyperlink and not is_safe(cell.hyperlink.target or ""))
    ]


def faults_of_lines(pattern):
    def faults(body):
        text = body.decode().replace("\r\n ", "")
        lines = text.split("\r\n" if "\r\n" in text else "\n")
        wrong = [line for line in lines if line and not pattern.match(line)]
        wrong += [line for line in lines if "\r" in line or "\n" in line]
        wrong += [line for line in lines if line.startswith(("ZQX", "TY  - ZQX"))]
        return [f"line {line[:60]!r}" for line in wrong]

    return faults


def faults_of_bibtex(body):
    text = body.decode()
    entries = [line for line in text.splitlines() if line.startswith("@")]
    faults = [f"entry {one!r}" for one in entries if "zqx" in one.partition("{")[0]]
    faults += [f"entry {one!r}" for one in entries if "zqxinj" in one]
    depth, escaped = 0, False
    for letter in text:
        if not escaped:
            depth += (letter == "{") - (letter == "}")
        escaped = letter == "\\" and not escaped
        if depth < 0:
            break
    if depth:
        faults.append("braces that do not close")
    faults += re.findall(r"^\s*zqxinj\s*=.*", text, re.MULTILINE)
    return faults


def faults_of_turtle(body):
    import rdflib

    graph = rdflib.Graph().parse(data=body, format="turtle")
    nodes = [node for triple in graph for node in triple]
    iris = {str(node) for node in nodes if isinstance(node, rdflib.URIRef)}
    return [
        f"<{iri}>"
        for iri in iris
        if urlsplit(iri).scheme not in SAFE or re.search(r'[<>"\s]', iri)
    ]


READ = {
    "text/html": lambda body: Page(body.decode()).faults,
    "application/json": lambda body: faults_of_json(json.loads(body)),
    "application/ld+json": lambda body: faults_of_json(json.loads(body)),
    "application/problem+json": lambda body: faults_of_json(json.loads(body)),
    "application/vnd.citationstyles.csl+json": lambda body: faults_of_json(
        json.loads(body)
    ),
    "application/speculationrules+json": lambda body: faults_of_json(json.loads(body)),
    "application/manifest+json": lambda body: faults_of_json(json.loads(body)),
    "application/atom+xml": faults_of_xml,
    "application/xml": faults_of_xml,
    "text/xml": faults_of_xml,
    "image/svg+xml": faults_of_xml,
    "application/opensearchdescription+xml": faults_of_xml,
    "text/csv": faults_of_csv,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": faults_of_xlsx,
    "text/calendar": faults_of_lines(CALENDAR_LINE),
    "application/x-research-info-systems": faults_of_lines(RIS_LINE),
    "application/x-bibtex": faults_of_bibtex,
    "text/turtle": faults_of_turtle,
}
HARMLESS = {"text/plain", "text/javascript", "application/pdf", "application/zip"}


def faults_of(answer):
    """Return what an attack became in an answer, as sentences; [] if text alone."""
    kind = (answer.get("content-type") or "text/plain").partition(";")[0]
    wrong = [
        f"header {name}"
        for name, value in answer.headers
        if re.search(r"[\r\n\x00]", value) or "ZQX-INJECTED" in name
    ]
    if (link := answer.get("link")) and not re.fullmatch(
        rf"{LINK_HEADER.pattern}(, {LINK_HEADER.pattern})*", link
    ):
        wrong.append(f"header Link: {link}")
    if kind in HARMLESS or not answer.body:
        return wrong
    if kind not in READ:
        return [*wrong, f"nobody here reads {kind}"]
    try:
        return wrong + READ[kind](answer.body)
    except (ValueError, etree.XMLSyntaxError) as error:
        return [*wrong, f"{kind} that cannot be read: {error}"]
