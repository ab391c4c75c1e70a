"""Files of lists as the programs that they are for read them."""

import csv
import io
import json
import re

import openpyxl
from defusedxml import ElementTree

ATOM = "{http://www.w3.org/2005/Atom}"
ENTRY = re.compile(r"^@(\w+)\{([a-z0-9-]+),\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"^  (\w+) = \{(.*)\},$", re.MULTILINE)


def fetch(client, address, **headers):
    """Return the bytes of a file; an error of the server fails the test."""
    response = client.get(address, headers=headers)
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def read_csv(data):
    """Return the rows as dicts of texts."""
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def read_xlsx(data):
    """Return the rows as dicts of values, and the whole workbook."""
    workbook = openpyxl.load_workbook(io.BytesIO(data))
    names, *rows = workbook.worksheets[0].iter_rows(values_only=True)
    return [dict(zip(names, row, strict=True)) for row in rows], workbook


def read_json(data):
    return json.loads(data)["results"]


def read_bib(data):
    """Return {key: fields}; braces that do not match leave an entry out."""
    text = data.decode()
    assert text.count("{") == text.count("}")
    return {
        key: {"type": kind, **dict(FIELD.findall(fields))}
        for kind, key, fields in ENTRY.findall(text)
    }


def read_ris(data):
    """Return the records as lists of (tag, text) pairs."""
    records = [[]]
    for line in data.decode().split("\r\n"):
        if line == "ER  - ":
            records.append([])
        elif line:
            assert line[2:6] == "  - ", line
            records[-1].append((line[:2], line[6:]))
    assert records.pop() == []
    return records


def read_atom(data):
    return ElementTree.fromstring(data).findall(f"{ATOM}entry")


READERS = {
    "csv": read_csv,
    "xlsx": lambda data: read_xlsx(data)[0],
    "json": read_json,
    "bib": read_bib,
    "ris": read_ris,
    "atom": read_atom,
}
