"""Reading the fields of a file while keeping count of those that nobody asked for."""

import re

from django.utils.translation import gettext as _

LINE = "#line"  # where an element began, in what an XML file was turned into
# Not allowed in XML 1.0 or in PostgreSQL; half of a surrogate pair is no character.
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def clean(text):
    """Return a text without what no database takes, and without spaces around it."""
    return UNFIT.sub("", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def one_line(text):
    return " ".join(text.split())


class Fields:
    """
    A mapping of the file that remembers what was taken from it.

    Whatever is not taken and not empty is reported as lost by `close()`, so that
    nothing a file says is dropped in silence.
    """

    def __init__(self, data, schedule, name, place):
        if isinstance(data, str) and data.strip():
            data = {"#text": data}
        self.data = data if isinstance(data, dict) else {}
        self.schedule, self.name = schedule, name
        line = self.data.get(LINE)
        self.place = _("line %(line)d") % {"line": line} if line else place
        self.taken = {LINE}
        if data and not isinstance(data, dict):
            self.schedule.lose(name, data)

    def take(self, *keys):
        """Return the first of these that is not empty; all count as taken."""
        self.taken.update(keys)
        values = (self.data.get(key) for key in keys)
        return next((value for value in values if not empty(value)), None)

    def text(self, *keys):
        """Return a plain text; of texts in several languages, the first."""
        return next(iter(self.words(*keys).values()), "")

    def line(self, *keys):
        return one_line(self.text(*keys))

    def words(self, *keys):
        """Return a text by language; "" where the file does not say which."""
        value = self.take(*keys)
        if isinstance(value, list) and all(isinstance(v, dict) for v in value):
            found = [self._words(one, keys[0]) for one in value]
            return {code: text for one in found for code, text in one.items()}
        if isinstance(value, dict):
            return self._words(value, keys[0])
        text = self._plain(value, keys[0])
        return {"": text} if text else {}

    def _words(self, value, key):
        if "#text" in value:  # an element with attributes, its language among them
            text = self._plain(value["#text"], key)
            code = str(value.get("lang") or value.get("language") or "").lower()
            for name in value.keys() - {"#text", "lang", "language", LINE}:
                self.schedule.lose(f"{self.name}/{key}/{name}", value[name])
            return {code: text} if text else {}
        texts = {str(k): self._plain(v, key) for k, v in value.items() if k != LINE}
        return {code.lower(): text for code, text in texts.items() if text}

    def _plain(self, value, key):
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            if not empty(value):
                self.schedule.lose(f"{self.name}/{key}", value)
            return ""
        return clean(str(value))

    def flag(self, *keys):
        """Tell whether something is said to be so: true, "true", "yes", 1."""
        return str(self.take(*keys)).casefold() in {"true", "1", "yes"}

    def one(self, key, name=None):
        """Return what lies in a field as fields of its own."""
        value = self.take(key)
        name = name or f"{self.name}/{key}"
        return Fields(value, self.schedule, name, f"{self.place}.{key}")

    def many(self, *keys, name=None):
        """Return the items of a list; a single one, or a mapping of them, will do."""
        value = self.take(*keys)
        key = next((key for key in keys if not empty(self.data.get(key))), keys[0])
        if isinstance(value, dict):
            value = [value]
        if not isinstance(value, list):
            if value is not None:
                self.schedule.lose(f"{self.name}/{key}", value)
            return []
        name = name or f"{self.name}/{key}"
        return [
            Fields(item, self.schedule, name, f"{self.place}.{key}[{number}]")
            for number, item in enumerate(value)
            if not empty(item)
        ]

    def lose(self, *keys):
        """Count these as lost, if the file says anything there."""
        for key in keys:
            if not empty(value := self.take(key)):
                self.schedule.lose(f"{self.name}/{key}", value)

    def close(self):
        """Report what nobody has taken."""
        self.lose(*(key for key in self.data if key not in self.taken))


def empty(value):
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, dict):
        return all(empty(v) for k, v in value.items() if k != LINE)
    if isinstance(value, list):
        return all(empty(v) for v in value)
    return value is None or value is False
