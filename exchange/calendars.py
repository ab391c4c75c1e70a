"""Calendar files (.ics): the sibling addresses of pages that have sessions."""

import hashlib
from datetime import UTC, timedelta

from django.db.models import F, Func
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.decorators import method_decorator
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from organizations.models import Organization, Person
from records.addresses import site_url
from records.languages import TAGS, page_language
from records.rates import few_at_once, limited
from records.templatetags.records import colon, list_comma
from records.views import RecordDetail
from sessions.agenda import read_agenda
from sessions.calendar import About, write_calendar
from sessions.filters import ProgrammeFilter, SessionFilter
from sessions.models import (
    Contribution,
    Edition,
    EditionDay,
    Material,
    Room,
    Session,
    SpokenLanguage,
)
from topics.models import Topic
from topics.tree import with_narrower

RECORDS = (Edition, Session, Person, Organization, Topic)
PARTS = (EditionDay, Room, Contribution, SpokenLanguage, Material)
# A second may see two changes, of which a time in seconds tells only the first.
SETTLED = timedelta(seconds=2)


def sessions_of(record):
    """Return the published sessions that belong in the calendar of a record."""
    sessions = Session.objects.published()
    if isinstance(record, Session):
        return sessions.filter(pk=record.pk)
    if isinstance(record, Edition):
        return sessions.for_edition(record)
    if isinstance(record, Topic):
        tagged = Session.topics.through.objects.filter(topic__in=narrower(record))
        return sessions.filter(pk__in=tagged.values("session"))
    part = Contribution.objects.published().filter(
        **{record._meta.model_name: record.pk}
    )
    return sessions.filter(pk__in=part.values("session"))


def narrower(topic):
    """Return the keys of a topic and all below it; no query if its tree is grown."""
    if hasattr(topic, "branches"):
        return [one.pk for one in with_narrower(topic)]
    return Topic.objects.published().within([topic.slug]).values("pk")


class RecordCalendar(RecordDetail):
    """The sessions of one record; it moves and goes as the page of the record does."""

    http_method_names = ["get", "head", "options"]
    name = ""  # of the URL

    def get_queryset(self):
        return self.model.objects.published()

    def get_context_data(self, **kwargs):
        return kwargs

    def render_to_response(self, context, **kwargs):
        record = self.object
        return answer(
            self.request,
            sessions_of(record),
            name=self.get_title(record),
            page=record.get_absolute_url(),
            key=str(record.uid),
            edition=record if isinstance(record, Edition) else None,
        )

    def get_title(self, record):
        if isinstance(record, Person | Organization):
            return _("Sessions with %(name)s") % {"name": record}
        if isinstance(record, Topic):
            return _("Sessions on %(topic)s") % {"topic": record}
        return str(record)

    def get_address(self, record):
        return reverse(self.name, args=[record.slug])


@method_decorator(limited("exports"), "dispatch")
class ProgrammeCalendar(RecordCalendar):
    """The programme of an edition, with any filter of its page."""

    model = Edition
    name = "exchange:programme-calendar"

    def render_to_response(self, context, **kwargs):
        edition = self.object
        public = Session.objects.published().for_edition(edition)
        filterset = ProgrammeFilter(self.request.GET, public, request=self.request)
        return answer_filtered(
            self.request,
            filterset,
            name=_("Programme, %(year)s") % {"year": edition.year},
            page=edition.get_programme_url(),
            key=f"{edition.uid} programme",
        )


@require_safe
@limited("exports")
@few_at_once
def session_list(request):
    """Answer with all sessions, or those that the filters of the list leave."""
    filterset = SessionFilter(request.GET, Session.objects.published(), request=request)
    return answer_filtered(
        request,
        filterset,
        name=_("Sessions"),
        page=reverse("sessions:list"),
        key="sessions",
    )


@require_safe
def agenda(request):
    """
    Answer with the sessions that the address names.

    What is no longer public is left out without a word: a subscription must not
    break when one of its sessions is withdrawn.
    """
    found = read_agenda(request.GET)
    if found.edition is None:
        return refused(found.ignored) if found.ignored else not_found()
    pks = [session.pk for session in found.sessions]
    query = found.query()
    return answer(
        request,
        Session.objects.published().filter(pk__in=pks),
        name=_("My agenda, %(year)s") % {"year": found.edition.year},
        page=f"{reverse('sessions:agenda')}?{query}",
        key=f"{found.edition.uid} agenda {query}",
    )


def not_found():
    raise Http404("There is no edition.")


def answer_filtered(request, filterset, *, name, page, key):
    """Answer with the filtered sessions, or with 400 if a filter is not understood."""
    if filterset.ignored:
        return refused(filterset.ignored)
    filterset.shown = ()  # no form, and no queries for its choices
    query = calendar_query(filterset)
    labels = [
        str(label) for known in filterset.labels.values() for label in known.values()
    ]
    if labels:
        name = f"{name}{colon()}{list_comma().join(labels)}"
    return answer(
        request,
        filterset.qs,
        name=name,
        page=f"{page}?{query}" if query else page,
        key=f"{key} {query}",
    )


def calendar_query(filterset):
    """Return the canonical query of a filter, without an order: time gives one."""
    asked = QueryDict(filterset.query(), mutable=True)
    asked.pop("sort", None)
    return asked.urlencode()


def refused(ignored):
    """Answer 400 and name the parameters whose values mean nothing."""
    lines = [f"{name}: {value[:200]!r}" for name, value in ignored[:20]]
    said = _("Not understood:") + "\n" + "\n".join(lines) + "\n"
    return HttpResponse(said, status=400, content_type="text/plain; charset=utf-8")


def answer(request, sessions, *, name, page, key, edition=None):
    """
    Answer with a calendar, or with 304 to whom has it already.

    The tag is a digest of the bytes, so it is the same in every process (RFC
    9110, section 8.8.3).
    """
    site = site_url(request)
    path, _mark, query = page.partition("?")
    source = f"{path.removesuffix('/')}.ics" + (f"?{query}" if query else "")
    about = About(name, site + page, site + source, key)
    body = write_calendar(sessions, about, site, edition)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response["Cache-Control"] = "no-cache"  # keep it, but ask each time
    response["Content-Language"] = TAGS[page_language()]
    file = path.removesuffix("/").rpartition("/")[2]
    response["Content-Disposition"] = f'inline; filename="{file}.ics"'
    response["X-Robots-Tag"] = "noindex"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return unless_known(request, response)


def unless_known(request, response):
    """Return a response that has its ETag, or 304 to whom has it already."""
    changed = last_change()
    seconds = int(changed.timestamp()) if changed else None
    if changed:
        response["Last-Modified"] = http_date(seconds)
    return get_conditional_response(request, response["ETag"], seconds, response)


def last_change():
    """
    Return when anything that a file may show or lose was changed, in one query.

    It is that of all of them, not of one file: what was withdrawn or moved elsewhere
    is no longer there to tell when. None while a change is so young that a second
    one may follow it in the same second.
    """
    now = timezone.now()
    times = [
        model.history.order_by().annotate(latest=latest("history_date"))
        for model in (*RECORDS, *PARTS)
    ]
    # A record under embargo appears without being changed.
    times += [
        model.objects.order_by()
        .filter(publish_at__lte=now)
        .annotate(latest=latest("publish_at"))
        for model in RECORDS
    ]
    first, *others = (rows.values_list("latest", flat=True) for rows in times)
    known = [aware(moment) for moment in first.union(*others, all=True) if moment]
    changed = max(known, default=None)
    return changed if changed and now - changed > SETTLED else None


def latest(field):
    # A plain function, not an aggregate: nothing to group by.
    return Func(F(field), function="MAX")


def aware(moment):
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)
