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
            _merge_list(done, name, mine, before, value)
        elif mine == before:
            done.write[name] = value
        elif base is not None or value:
            done.kept.append((name, value, mine))
    return done


def _merge_list(done, name, ours, base, theirs):
    """Merge item by item: what was added stays, what was taken away stays away."""
    if ours == base:
        done.write[name] = theirs
        return
    stay = [i for i in ours if i in theirs or i not in base]
    come = [i for i in theirs if i not in ours and i not in base]
    result = stay + come
    if result != ours:
        done.write[name] = result
    if any(i not in theirs for i in result) or any(i not in result for i in theirs):
        done.kept.append((name, theirs, result))
