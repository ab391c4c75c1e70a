"""Which language a text is in, and what languages are called in files."""

import re
from functools import cache

from django.conf.locale import LANG_INFO
from django.utils.translation import get_language_info

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
KANA = re.compile(r"[\u3040-\u30ff]")
HANGUL = re.compile(r"[\uac00-\ud7af]")
WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
BETWEEN = re.compile(r"\s*(?:[,;/&+|、，；/和與与]|\band\b)\s*")
# What Django does not call them, in files of the wild
MORE_NAMES = {
    "中文": "zh",
    "中文（简体）": "zh",
    "汉语": "zh",
    "漢語": "zh",
    "华语": "zh",
    "華語": "zh",
    "国语": "zh",
    "國語": "zh",
    "普通话": "zh",
    "普通話": "zh",
    "chinese": "zh",
    "mandarin": "zh",
    "cantonese": "yue",
    "粤语": "yue",
    "粵語": "yue",
    "cn": "zh",
    "英文": "en",
    "英语": "en",
    "英語": "en",
    "日文": "ja",
    "日语": "ja",
    "日語": "ja",
    "德语": "de",
    "德文": "de",
    "法语": "fr",
    "法文": "fr",
    "俄语": "ru",
    "西班牙语": "es",
    "葡萄牙语": "pt",
    "阿拉伯语": "ar",
    "韩语": "ko",
    "norwegian": "nb",
}


@cache
def _names():
    names = {}
    for code in LANG_INFO:
        info = get_language_info(code)
        bare = code.split("-")[0]
        for name in (info["name"], info["name_local"]):
            names.setdefault(name.casefold(), bare)
    return names | MORE_NAMES


@cache
def read_language(text):
    """Return the code of "en", "en-GB", "de_DE", "German" or "中文"; "" if unknown."""
    text = text.strip().casefold().replace("_", "-")
    if code := _names().get(text):
        return code
    bare = text.split("-")[0]
    known = {code.split("-")[0] for code in LANG_INFO} | {"zh", "yue"}
    return bare if bare in known else ""


def read_languages(text):
    """Return (codes, what is no language) of "en", "German, 英文", "en/zh"."""
    if code := read_language(text):
        return [code], []
    codes, unknown = [], []
    for name in BETWEEN.split(" ".join(text.split())):
        code = read_language(name)
        if code and code not in codes:
            codes.append(code)
        elif name.strip() and not code:
            unknown.append(name.strip())
    return codes, unknown


def script_language(text, hint=""):
    """
    Return the language of a text as its script shows it.

    "zh" for Chinese, "ja" and "ko" where kana or hangul are written; else the hint,
    unless that is Chinese, or "en".
    """
    if KANA.search(text):
        return "ja"
    if HANGUL.search(text):
        return "ko"
    han, words = len(HAN.findall(text)), len(WORD.findall(text))
    if han and (hint == "zh" or han * 1.5 >= words):
        return "zh"
    return hint if hint and hint != "zh" else "en"


def columns(words, hint=""):
    """
    Return (English, Chinese, third language) of texts by language.

    A text in one language only, or the same copied into both, goes where its script
    says, with the session's language as a hint. A third language stands in the
    English column, and its code is the third value. A fourth has no place: see
    `left_over`.
    """
    english = _first(words, "en")
    chinese = _first(words, "zh", "cn")
    if english and chinese and english != chinese:
        return english, chinese, ""
    text = english or chinese or words.get("") or next(iter(words.values()), "")
    if not text:
        return "", "", ""
    if not english and not chinese and "" not in words:
        hint = read_language(next(iter(words))) or hint
    language = script_language(text, hint)
    if language == "zh":
        return "", text, ""
    # Kana in a text that the file says is English or Chinese: a quotation.
    return text, "", "" if language == "en" else language


def _first(words, *codes):
    found = (t for code, t in words.items() if code.split("-")[0] in codes)
    return next(found, "")


def left_over(words):
    """Return the codes of texts that `columns` finds no place for."""
    known = {"en", "zh", "cn", ""}
    others = [code for code in words if code.split("-")[0] not in known]
    return others if len(others) < len(words) else others[1:]
