#!/usr/bin/env python3
"""
Check the CSV files of the starting content.

    python3 check_facts.py [--dir FOLDER] [--seed ARTICLE.txt]

Standard library only. Prints one line per problem as
    FILE:LINE slug=SLUG COLUMN: message
and exits 1 if there is any, 0 if the content is clean, 2 on wrong usage.
With --seed it also reports runs of eight or more words that a column of our own
words shares with the article.
"""

import argparse
import csv
import datetime
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path

from facts_tables import (
    ARTICLE_NAMES,
    BASE32,
    CELEX,
    CHINESE,
    COLUMNS,
    DATE,
    EVENTS,
    ITEM_WORDS,
    LANGUAGE,
    LENGTHS,
    LIST_SIZES,
    LISTS,
    OPTIONAL,
    OWN_WORDS,
    REFERENCES,
    REQUIRED,
    ROLES,
    ROR,
    SHAPES,
    SLUG,
    URL,
    WORDS,
)

problems = []


def bad(row, column, message):
    """Note a problem of a row; `row` may be the name of a file, for all of it."""
    if isinstance(row, str):
        row = {"": (row, 1)}
    file, line = row[""]
    slug = row.get("slug") or row.get("token") or "?"
    problems.append(f"{file}:{line} slug={slug} {column}: {message}")


def split(value):
    return value.split("|") if value else []


def is_date(value, lengths=(4, 7, 10)):
    """Tell whether a date is well formed, long enough and in the calendar."""
    if not DATE.fullmatch(value) or len(value) not in lengths:
        return False
    try:
        datetime.date.fromisoformat(f"{value}-01-01"[:10])
    except ValueError:
        return False
    return True


def load(folder):
    """Return the rows of each file, {file: [row]}; where a row stands is under ""."""
    return {file: list(read(folder / file, file)) for file in COLUMNS}


def read(path, file):
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        bad(file, "file", f"cannot be read: {error}")
        return
    if raw.startswith(b"\xef\xbb\xbf"):
        bad(file, "file", "starts with a byte order mark")
    if b"\r" in raw:
        bad(file, "file", "has carriage returns; use LF line ends")
    lines = csv.reader(text.splitlines(keepends=True))
    header, empty = next(lines, []), True
    if not good_header(file, header):
        return
    for cells in lines:
        empty = False
        row = {"": (file, lines.line_num)}
        if len(cells) == len(header):
            yield row | dict(zip(header, cells, strict=True))
        else:
            bad(row, "row", f"has {len(cells)} cells, expected {len(header)}")
    if empty:
        bad(file, "file", "has no rows")


def good_header(file, header):
    columns = COLUMNS[file].split()
    more = header[len(columns) :]
    allowed = set(OPTIONAL.get(file, "").split())
    if header[: len(columns)] == columns and len(set(more)) == len(more):
        unknown = [column for column in more if column not in allowed]
        if not unknown:
            return True
        bad(file, "header", f"has {unknown}, expected some of {sorted(allowed)}")
    else:
        bad(file, "header", f"is {header}, expected {columns}")
    return False


def cells(data):
    """Yield (file, row, column, value) of every cell."""
    for file, rows in data.items():
        for row in rows:
            for column, value in row.items():
                if column:
                    yield file, row, column, value


def check_text(data):
    for file, row, column, value in cells(data):
        if not value and column in REQUIRED[file].split():
            bad(row, column, "is empty but required")
        if value != value.strip() or "  " in value:
            bad(row, column, "has space at an end, or two spaces together")
        if any(unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs") for c in value):
            bad(row, column, "has a control or format character")
        if unicodedata.normalize("NFC", value) != value:
            bad(row, column, "is not in Unicode form NFC")
        if column.endswith("_zh") and value and not CHINESE.search(value):
            bad(row, column, f"has no Chinese character: {value!r}")
        low, high = LENGTHS.get((file, column), (0, len(value)))
        if not low <= len(value.split()) <= high:
            bad(row, column, f"has {len(value.split())} words, not {low} to {high}")


def check_values(data):
    for file, row, column, value in cells(data):
        allowed = WORDS.get((file, column))
        if allowed is not None and value not in allowed.split("|"):
            bad(row, column, f"{value!r} is not one of {allowed}")
        shape, words = SHAPES.get(column, (None, ""))
        if shape and value and not shape.fullmatch(value):
            bad(row, column, f"{value!r} is not {words}")
    for rows in data.values():
        seen = {}
        for row in rows:
            key = row.get("slug") or row.get("token") or ""
            if key in seen:
                bad(row, "slug", f"repeats line {seen[key]}")
            seen[key] = row[""][1]


def check_lists(data):
    for file, row, column, value in cells(data):
        if column not in LISTS.get(file, "").split():
            if "|" in value:
                bad(row, column, "has a | but is not a list column")
            continue
        allowed = ITEM_WORDS.get((file, column))
        for item, times in Counter(split(value)).items():
            if not item.strip() or item != item.strip():
                bad(row, column, f"has an empty item or space around {item!r}")
            if times > 1:
                bad(row, column, f"lists {item!r} {times} times")
            if allowed and item not in allowed.split("|"):
                bad(row, column, f"{item!r} is not one of {allowed}")


def check_sources(data):
    tokens = {row["token"] for row in data["sources.csv"]} | {"memory"}
    for _file, row, column, value in cells(data):
        if column == "source":
            for item in split(value):
                kind, _colon, address = item.partition(":")
                named = kind in ("official", "secondary") and URL.fullmatch(address)
                if item not in tokens and not named:
                    bad(row, column, f"{item!r} is no token, official: or secondary:")
        if column == "in_article" and (value == "yes") != ("seed" in row["source"]):
            bad(row, column, "and seed in source do not agree")


def check_references(data):
    slugs = {file: {r.get("slug") for r in rows} for file, rows in data.items()}
    for file, row, column, value in cells(data):
        target = REFERENCES.get((file, column))
        for item in split(value) if target else ():
            if item not in slugs[target] or (target == file and item == row["slug"]):
                bad(row, column, f"{item!r} is no other slug in {target}")
        target, roles = ROLES.get((file, column), ("", ""))
        for item in split(value) if target else ():
            who, _colon, role = item.partition(":")
            if who not in slugs[target] or role not in roles.split("|"):
                bad(row, column, f"{item!r} is no slug in {target} with a known role")
    for row in data["regulations.csv"]:
        # What looks like a slug must be one; anything else is a plain name.
        for item in split(row["issuing_body"]):
            if SLUG.fullmatch(item) and item not in slugs["organizations.csv"]:
                bad(row, "issuing_body", f"{item!r} is no slug in organizations.csv")


def check_trees(data):
    for file in ("topics.csv", "minerals.csv"):
        parents = {row["slug"]: row["parent"] for row in data[file]}
        for row in data[file]:
            trail, here = [], row["slug"]
            while here and here not in trail:
                trail.append(here)
                here = parents.get(here, "")
            if here:
                bad(row, "parent", f"runs in a circle: {' > '.join(trail)}")


def check_other_names(data):
    names = {
        "organizations.csv": "other_names",
        "regulations.csv": "aliases",
        "topics.csv": "alt_labels",
        "lifecycle_stages.csv": "alt_labels",
    }
    for file, column in names.items():
        for row in data[file]:
            known = split(row[column])
            for name in split(row.get("names_in_source", "")):
                if name not in known:
                    bad(row, "names_in_source", f"{name!r} does not stand in {column}")
            for item in split(row.get("names_in_other_languages", "")):
                language, _colon, name = item.partition(":")
                if not LANGUAGE.fullmatch(language) or name not in known:
                    message = f"{item!r} is no language:name of {column}"
                    bad(row, "names_in_other_languages", message)


def check_editions(data):
    for row in data["forum_editions.csv"]:
        for column in ("starts", "ends"):
            value = row[column]
            if value and not (is_date(value, (10,)) and value[:4] == row["year"]):
                bad(row, column, f"{value!r} is no day of {row['year']}")
        if row["starts"] and row["ends"] and row["starts"] > row["ends"]:
            bad(row, "ends", "is before starts")
    order = Counter((r["edition"], r["sequence"]) for r in data["sessions.csv"])
    for row in data["sessions.csv"]:
        alone = order[row["edition"], row["sequence"]] == 1
        if not row["sequence"].isdigit() or not alone:
            bad(row, "sequence", "is not a number of its own")


def check_ror(data):
    for row in data["organizations.csv"]:
        if not row["ror_id"]:
            continue
        found = ROR.fullmatch(row["ror_id"])
        if not found:
            bad(row, "ror_id", f"{row['ror_id']!r} is not a ROR address")
            continue
        number = 0
        for character in found.group(1):
            number = number * 32 + BASE32.index(character)
        if 98 - (number * 100) % 97 != int(found.group(2)):
            bad(row, "ror_id", "has wrong check digits")


def events(row, column):
    """Return the (date, event) of a cell of milestones, each checked."""
    found = []
    for item in split(row.get(column, "")):
        date, _colon, what = item.partition(":")
        event = what.split(" (")[0]
        if not is_date(date) or event not in EVENTS.split("|"):
            bad(row, column, f"{item!r} is no date:event")
        if what.count("(") != what.count(")"):
            bad(row, column, f"{item!r} has an open bracket")
        if (date, event) in found:
            bad(row, column, f"has {date}:{event} twice; join the details")
        if found and date < found[-1][0] and not found[-1][0].startswith(date):
            bad(row, column, f"{date} comes after {found[-1][0]}")
        found.append((date, event))
    return found


def check_milestones(data):
    for row in data["regulations.csv"]:
        given = events(row, "milestones")
        for pair in events(row, "milestones_zh"):
            if pair not in given:
                bad(row, "milestones_zh", f"{':'.join(pair)} is not in milestones")
        for item in split(row["from_memory"]):
            name, _at, date = item.split(" (")[0].partition("@")
            dated = date in {when for when, _event in given}
            if not (dated if name == "milestone" else name in row):
                bad(row, "from_memory", f"{item!r} names no column or milestone date")


def check_regulations(data):
    for row in data["regulations.csv"]:
        for item in split(row["identifier"]):
            if item.startswith("CELEX:") and not CELEX.fullmatch(item):
                bad(row, "identifier", f"{item!r} is not a CELEX number")
        plain = [b for b in split(row["issuing_body"]) if not SLUG.fullmatch(b)]
        if len(split(row.get("issuing_body_zh", ""))) not in (0, len(plain)):
            bad(row, "issuing_body_zh", f"should hold {len(plain)} names")
    by_slug = {row["slug"]: row for row in data["regulations.csv"]}
    for slug, names in ARTICLE_NAMES.items():
        row = by_slug.get(slug)
        if row is None:
            bad("regulations.csv", "slug", f"{slug}, named in the article, is missing")
        elif row.get("names_in_source") != names:
            bad(row, "names_in_source", f"does not give the article's own: {names}")


def check_people(data):
    for row in data["people.csv"]:
        known = {item.partition(":")[0] for item in split(row["affiliations"])}
        for column in ("affiliation_notes_en", "affiliation_notes_zh"):
            for item in split(row.get(column, "")):
                who, colon, _note = item.partition(":")
                if not colon or who not in known:
                    bad(row, column, f"{item!r} is no organization:note")


def check_minerals(data):
    groups = {"light-rare-earths", "heavy-rare-earths", "platinum-group-metals"}
    sizes = Counter()
    for row in data["minerals.csv"]:
        for code in split(row["lists"]):
            member = row["parent"] in groups
            if code in ("EU-CRM-2023", "EU-SRM-2023") and member:
                continue  # counted through the group
            if code == "CN-2016" and (member or row["parent"] == "rare-earths"):
                continue  # China lists rare earths once
            sizes[code] += 1
    sizes["EU-SRM-2023"] += 1  # rare earths for magnets, held as single elements
    for code, size in LIST_SIZES.items():
        if sizes[code] != size:
            message = f"{code} has {sizes[code]} entries, the published list {size}"
            bad("minerals.csv", "lists", message)


def check_order(data):
    rows = data["lifecycle_stages.csv"]
    places = [str(place) for place in range(1, len(rows) + 1)]
    if sorted(row["order"] for row in rows) != sorted(places):
        bad("lifecycle_stages.csv", "order", "is not 1 to N")
    for row in data["statements.csv"]:
        if row["source"] != "seed":
            bad(row, "source", "must be seed")


def words(text):
    return re.findall(r"[a-z0-9]+", text.lower())


def check_copying(data, article, run=8):
    """Report runs of words shared with the article, proper names aside."""
    said = words(article)
    runs = {tuple(said[i : i + run]) for i in range(len(said) - run + 1)}
    names = {tuple(words(name)) for name in proper_names(data)} - {()}
    names = sorted(names, key=len, reverse=True)
    for file, row, column, value in cells(data):
        if column in OWN_WORDS.get(file, "").split():
            text = without(words(value), names)
            for i in range(len(text) - run + 1):
                if tuple(text[i : i + run]) in runs:
                    shared = " ".join(text[i : i + run])
                    bad(row, column, f"shares {run} words with the article: {shared!r}")
                    break


def proper_names(data):
    yield "Mining Biodiversity Research and Promotion Center"
    for row in data["organizations.csv"]:
        yield from (row["name_en"], row["acronym"], *split(row["other_names"]))
    for row in data["regulations.csv"]:
        titles = row["official_title_en"], row["short_name_en"]
        yield from (*titles, *split(row["aliases"]))


def without(text, names):
    for name in names:
        for i in range(len(text) - len(name) + 1):
            if tuple(text[i : i + len(name)]) == name:
                text[i : i + len(name)] = [""] * len(name)
    return text


CHECKS = (
    check_text,
    check_values,
    check_lists,
    check_sources,
    check_references,
    check_trees,
    check_other_names,
    check_editions,
    check_ror,
    check_milestones,
    check_regulations,
    check_people,
    check_minerals,
    check_order,
)


def main():
    parser = argparse.ArgumentParser(description="Check the starting content.")
    parser.add_argument("--dir", type=Path, default=Path(__file__).parent)
    parser.add_argument("--seed", type=Path, help="the article, to look for copying")
    options = parser.parse_args()
    csv.field_size_limit(1 << 20)
    data = load(options.dir)
    for check in CHECKS:
        check(data)
    if options.seed:
        check_copying(data, options.seed.read_text(encoding="utf-8"))
    for line in problems:
        print(line)
    for file, rows in data.items():
        print(f"{file:<22} {len(rows):3} rows")
    print(f"{len(problems)} problem{'' if len(problems) == 1 else 's'}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
