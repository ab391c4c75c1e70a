from django.core.paginator import Paginator
from django.http import JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from records.rates import limited
from search.filing import Filed, broader, broadest
from search.filters import SearchFilter
from search.kinds import BY_WORD, KINDS
from search.models import Document
from search.query import parse
from search.results import everything
from search.results import suggest as suggestions
from search.rows import language_by_script, rows_of
from search.sorting import by_name, newest_first

PAGE = 20
BEST = 3  # results whose broader topics are offered
FEWEST_BARS = 3
SORTED = {"best": lambda results: results, "name": by_name, "newest": newest_first}


@limited("search")
def search(request):
    """Answer `?q=` with what is found; without it, with what filters choose."""
    typed = _typed(request.GET)
    asked = parse(typed[-1]) if typed else parse("")
    filterset = SearchFilter(request.GET, asked.text)
    context = {
        "page_title": _("Search: %(words)s") % {"words": asked.text}
        if asked.text
        else _("Search"),
        "page_description": _("Search every record, in English and Chinese."),
        "trail": [(_("Home"), reverse("home")), (_("Search"), "")],
        "robots": "noindex, nofollow",
        "asked": asked,
        "filterset": filterset,
        "ignored": filterset.ignored + [("q", text) for text in typed[:-1]],
    }
    if not asked.text and not filterset.labels:
        context["kinds"] = KINDS
    else:
        text = typed[-1] if asked.text else ""
        context |= _found(request, text, asked, filterset, context["ignored"])
    return render(request, "search/search.html", context)


def _typed(given):
    """Return the different texts that were typed, the one that counts last."""
    texts = [text for text in given.getlist("q") if text.strip()]
    return list(dict.fromkeys(reversed(texts)))[::-1]


def _found(request, text, asked, filterset, ignored):
    """Return what the page shows of the results."""
    results = Document.objects.search(text) if text else everything()
    filed = Filed(results, filterset.wanted)
    kept = results.among(filed.kept())
    paginator = Paginator(SORTED[filterset.sort](kept), PAGE)
    page = _page(request, paginator, ignored)
    hits = page.object_list
    found = {
        "results": kept,
        "count": len(kept),
        "page_obj": page,
        "rows": rows_of(hits, filed),
        "query": filterset.query(),
        "sorts": [(name, label) for name, (label, _order) in filterset.sorts.items()],
        "facets": filed.facets(filterset),
        "tabs": _tabs(filed, filterset),
        "active_filters": filterset.active(),
        "clear_url": "?" + SearchFilter(QueryDict(), asked.text).query(),
        "not_searched": [word for word in asked.ignored if word.strip()],
        "broader": broader(hits[:BEST]) if page.number == 1 else [],
    }
    if page.number == 1:
        found["bars"] = _bars(found["facets"], filed, filterset)
    if not kept:
        found["removals"] = _removals(filed, filterset)
        found["broader"] = broadest()
    return found


def _page(request, paginator, ignored):
    """Return the page that is asked for, or the nearest, which is told."""
    asked = request.GET.get("page", "")
    number = int(asked[:9]) if asked.isascii() and asked.isdigit() else 1
    page = paginator.get_page(max(number, 1))
    if asked and str(page.number) != asked.lstrip("0"):
        ignored.append(("page", asked))
    return page


def _tabs(filed, filterset):
    """Return one entry for all kinds, then one for each that has results."""
    chosen = filterset.labels.get("kind", {})
    tabs = [
        {
            "label": _("All"),
            "count": sum(filed.of_kind(kind.word) for kind in KINDS),
            "url": "?" + filterset.query_with("kind"),
            "current": not chosen,
        }
    ]
    for kind in KINDS:
        count = filed.of_kind(kind.word)
        if count or kind.word in chosen:
            tabs.append(
                {
                    "label": capfirst(kind.model._meta.verbose_name_plural),
                    "count": count,
                    "url": "?" + filterset.query_with("kind", kind.word),
                    "current": kind.word in chosen,
                }
            )
    return tabs


def _bars(facets, filed, filterset):
    """Return a bar for each stage of the core, if enough of them have any."""
    values = next((f.values for f in facets if f.name == "stage"), [])
    places = {slug: stage.core_place for slug, stage in filed.stages.items()}
    values = [value for value in values if places.get(value.value)]
    if sum(1 for value in values if value.count) < FEWEST_BARS:
        return []
    most = max(value.count for value in values)
    return [
        {
            "value": value,
            "place": places[value.value],
            "percent": round(100 * value.count / most),
            "url": "?" + filterset.query_with("stage", value.value),
        }
        for value in values
    ]


def _removals(filed, filterset):
    """Return what is left without each filter, as {"label", "url", "count"}."""
    if not filed.pks:
        return []
    removals = [
        {
            "label": active["label"],
            "url": active["remove_url"],
            "count": filed.without(active["name"], active["value"]),
        }
        for active in filterset.active()
    ]
    if len(removals) > 1:
        removals.append(
            {
                "label": "",
                "url": "?" + SearchFilter(QueryDict(), filterset.text).query(),
                "count": sum(map(len, filed.pks.values())),
            }
        )
    return removals


@limited("search")
def suggest(request):
    """
    Answer the names that begin like `?q=`, by kind, as JSON.

    `groups` hold `label` and `items`, an item `url`, `title` and `matched` (HTML)
    with their languages; `status` says how many there are.
    """
    typed = _typed(request.GET)
    groups = [
        {
            "label": capfirst(BY_WORD[kind].model._meta.verbose_name_plural),
            "items": [_suggested(item) for item in items],
        }
        for kind, items in (suggestions(typed[-1]) if typed else ())
    ]
    total = sum(len(group["items"]) for group in groups)
    status = ngettext("%(total)s suggestion", "%(total)s suggestions", total)
    response = JsonResponse(
        {
            "status": status % {"total": total} if total else _("No suggestions"),
            "groups": groups,
        },
        json_dumps_params={"ensure_ascii": False, "separators": (",", ":")},
    )
    response["X-Robots-Tag"] = "noindex"
    return response


def _suggested(item):
    return {
        "url": item.url,
        "title": item.title_html,
        "lang": item.title.lang if item.title.foreign else "",
        "matched": item.matched,
        "matched_lang": language_by_script(item.matched),
    }
