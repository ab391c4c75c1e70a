"""
The three sides of each cell: in the database, at the last import, in the file.

What an organizer has edited since the last import is kept, and told. Cells are
strings, "" where nothing is said, or lists.
"""

from dataclasses import dataclass, field


@dataclass
class Merged:
    """Cells to write, and cells kept as (name, in the file, in the database)."""

    write: dict = field(default_factory=dict)
    kept: list = field(default_factory=list)


def merge(ours, base, theirs):
    """
    Return the `Merged` of three mappings of cells.

    `base` is None for a record that no import has written: its blanks are filled,
    and the rest is kept. `state` is never lowered, and raised only from a draft
    that nobody has made one on purpose.
    """
    done = Merged()
    for name, value in theirs.items():
        mine = ours[name]
        if mine == value:
            continue
        before = (base or {}).get(name, [] if isinstance(value, list) else "")
        if name == "state":
            if mine == "draft" and before in {"", "draft"}:
                done.write[name] = value
            else:
                done.kept.append((name, value, mine))
        elif isinstance(value, list):
            _merge_list(done, name, mine, before, value, base is None)
        elif mine == before:
            done.write[name] = value
        elif base is not None or value:
            done.kept.append((name, value, mine))
    return done


def settle_columns(ours, theirs):
    """
    Leave a text of one language in the column where the record has the very same.

    A file that does not say its language was read by its script: an organizer, or
    the record it was written from, may know better.
    """
    for name in [name for name in theirs if name.endswith("_en")]:
        other = f"{name.removesuffix('_en')}_zh_hans"
        for here, there in ((name, other), (other, name)):
            text, alone = theirs.get(here), theirs.get(there) == ""
            if text and alone and ours[here] != text == ours[there]:
                theirs[there], theirs[here] = text, ""
                if name in {"title_en", "name_en"} and "name_language" in ours:
                    theirs["name_language"] = ours["name_language"]
                break


def _merge_list(done, name, ours, base, theirs, new_to_us):
    """Merge item by item: what was added stays, what was taken away stays away."""
    if ours == base:
        done.write[name] = theirs
        return
    stay = [i for i in ours if i in theirs or i not in base]
    come = [i for i in theirs if i not in ours and i not in base]
    result = stay + come
    if result != ours:
        done.write[name] = result
    added = not new_to_us and any(i not in theirs for i in result)
    if added or any(i not in result for i in theirs):
        done.kept.append((name, theirs, result))
