"""
All forms of the admin, as an administrator gets them, to be sent by somebody else.

Addresses come from the URL configuration, forms and their buttons from the pages.
"""

import re
from collections import Counter

from django.apps import apps
from django.urls import get_resolver
from lxml import html

from records.life import Step

NAMED = re.compile(r"<(?:(\w+):)?(\w+)>")
TYPED = {"input", "text", "textarea"}
BUTTONS = ".//*[self::button or (self::input and @type='submit')][@name]"
LEAVE = re.compile(r"TOTAL|INITIAL|_FORMS|slug|code|version|csrf|-id$|__prefix__")
# What no form asks of those who may not decide
FORGED = {
    "state": "published",
    "publish_at": "2020-01-01",
    "publish_at_0": "2020-01-01",
    "publish_at_1": "00:00",
    "first_published_at": "2020-01-01",
    "is_superuser": "on",
    "is_staff": "on",
    "user": "1",
    "confirm": "1",
    "post": "yes",
    "en": "Forged",
    "withdrawn_reason_en": "Forged",
}


def routes(resolver=None, before=""):
    """Yield (path with its parameters, name) of every route below /admin/."""
    for one in (resolver or get_resolver()).url_patterns:
        path = before + str(one.pattern)
        if hasattr(one, "url_patterns"):
            if path.startswith("admin/"):
                yield from routes(one, path)
        elif path.startswith("admin/") and not path.startswith("admin/^"):
            yield path, one.name or ""


def model_of(path):
    """Return the model that an address of the admin is about, or None."""
    _admin, app, name, *_rest = [*path.split("/"), "", ""]
    try:
        return apps.get_model(app, name)
    except LookupError:
        return None


def addresses(keys, words):
    """
    Yield every address, with each key that is to be tried.

    `keys(model)` are the keys of a model's rows; `words` are {parameter: values}.
    """
    for path, _name in routes():
        model, found = model_of(path), [path]
        for _kind, parameter in NAMED.findall(path):
            mark = re.compile(rf"<(\w+:)?{parameter}>")
            values = words.get(parameter)
            if values is None:
                values = keys(model) if model else []
            found = [mark.sub(str(v), one, count=1) for one in found for v in values]
        yield from (f"/{one}" for one in found)


def forms(page, address):
    """Yield (address, {name: values}) of all that a page can be made to send."""
    kind = page.get("Content-Type", "")
    if page.status_code != 200 or not kind.startswith("text/html"):
        return
    for form in html.document_fromstring(page.content).forms:
        if form.method.lower() == "post":
            action = (form.get("action") or "").split("#")[0] or address
            if action.startswith("?"):
                action = address.partition("?")[0] + action
            yield from ((action, sent) for sent in ways(form))


def ways(form):
    """Yield (button, whether all is ticked, what is sent) of each way to send."""
    plain, ticked, actions = {}, {}, []
    named = [(one.get("name"), one.get("value", "")) for one in form.xpath(BUTTONS)]
    for one in form.inputs:
        name, kind = one.get("name"), one.get("type", one.tag).lower()
        if not name or kind in {"file", "image", "reset", "submit"}:
            continue
        if kind in {"checkbox", "radio"}:
            value = one.get("value", "on")
            if one.checked or (kind == "radio" and name not in plain):
                plain[name] = [*(plain.get(name, []) * (kind == "checkbox")), value]
            ticked.setdefault(name, []).append(value)
        elif kind == "select":
            if name == "action":
                actions = [(name, value) for value in one.value_options if value]
            chosen = list(one.value) if one.multiple else [one.value]
            plain[name] = [value for value in chosen if value is not None]
        else:
            value = (one.value or "").strip("\n")
            words = kind in TYPED and " " in value and not LEAVE.search(name)
            plain.setdefault(name, []).append(f"{value} forged" if words else value)
    for button in dict.fromkeys([*named, *actions]) or [("", "")]:
        for more in [{}, ticked] if ticked else [{}]:
            sent = {name: [value] for name, value in FORGED.items()} | plain | more
            yield (
                button,
                bool(more),
                sent | ({button[0]: [button[1]]} if any(button) else {}),
            )


def page_of(address):
    """Return what is the same of an address for every kind of record, as a text."""
    path = re.sub(r"/\d+/", "/#/", address.partition("?")[0])
    return "/".join(path.split("/")[4:]) or path


def sample(found, most):
    """
    Leave out what is the same on the page of another kind of record.

    `found` are (address, way of sending) as of `forms()`. Of each button of each page
    there are so many, of each address with a key one at least.
    """
    addresses, seen, kept = set(), Counter(), []
    for address, (button, ticked, sent) in found:
        shape = page_of(address), button, ticked
        if (address not in addresses and "#" in shape[0]) or seen[shape] < most:
            kept.append((address, sent))
        addresses.add(address)
        seen[shape] += 1
    return kept


WORDS = {"step": [*Step.values, "bogus"], "url": [], "app_label": []}
