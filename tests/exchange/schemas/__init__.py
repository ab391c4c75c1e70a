"""Check schedule files by the schemas that others publish for them."""

import json
from pathlib import Path

from jsonschema import Draft6Validator, FormatChecker
from lxml import etree

HERE = Path(__file__).parent
XSD = etree.XMLSchema(etree.parse(HERE / "schedule.xsd"))
JSON = Draft6Validator(
    json.loads((HERE / "schedule.json").read_text()), format_checker=FormatChecker()
)


def faults_of_xml(content):
    """Return what the XSD finds wrong with the bytes of a schedule XML."""
    XSD.validate(etree.fromstring(content))
    return [error.message for error in XSD.error_log]


def faults_of_json(content):
    """Return what the JSON schema finds wrong with the bytes of a schedule JSON."""
    return [error.message for error in JSON.iter_errors(json.loads(content))]
