"""Our format of a session for the types that files name."""

import re

# The first that is found in the type decides.
WORDS = {
    "break": r"break|lunch|coffee|dinner|breakfast|tea|pause|茶歇|午餐|晚餐|早餐|休息",
    "opening": r"opening|welcome|ceremony|closing|开幕|閉幕|闭幕|開幕|欢迎",
    "keynote": r"keynote|主题演讲|主旨|主題演講",
    "launch": r"launch|发布|發布|发表会",
    "workshop": r"workshop|hands-on|tutorial|training|lab|工作坊|培训|實作",
    "roundtable": (
        r"round ?table|panel|discussion|debate|podium|meeting|bof|圆桌|圓桌|"
        r"讨论|對談|座談"
    ),
    "side-event": (
        r"side[ -]?event|party|concert|performance|game|social|exhibition|film|"
        r"reception|meetup|边会|展览|交流会"
    ),
}
PATTERNS = {
    word: re.compile(
        "|".join(
            part if not part.isascii() else rf"(?<![a-z]){part}s?(?![a-z])"
            for part in pattern.split("|")
        ),
        re.IGNORECASE,
    )
    for word, pattern in WORDS.items()
}
BREAK_TITLE = re.compile(
    r"(?:(?:coffee|lunch|tea|dinner)(?: break)?|break|茶歇|午餐|午休|休息)\W*\Z", re.I
)


def format_of(text, title=""):
    """
    Return the format that a type stands for; plenary where nothing else is said.

    A session of no type that is called “Coffee break” is a break.
    """
    bare = text.strip().casefold()
    if bare == "plenary":
        return bare
    for word, pattern in PATTERNS.items():
        if bare == word or pattern.search(bare):
            return word
    if not bare and BREAK_TITLE.match(title.strip()):
        return "break"
    return "plenary"
