"""
Rows of sessions, written by one tag for a whole list of them.

A day may have hundreds of rows. What they share (labels, badges, the core of the
same stages, the Save button) is rendered once a page, from the same templates that
other pages use. The rest of a row is joined strings, each escaped by `escape` or by
the filter that made it.
"""

from html import escape

from django import template
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from records.names import names
from records.templatetags.records import comma
from sessions.models import Session
from sessions.templatetags.programme import clock, hosts, is_next_day, links

register = template.Library()

CODE = "code-of-session"
BREAK, SCHEDULED = Session.Format.BREAK.value, Session.EventStatus.SCHEDULED.value


@register.simple_tag(takes_context=True)
def session_rows(context, sessions, level=3, in_programme=False, remove_url=""):
    """
    Write the rows of sessions that are loaded by with_row_details().

    `level` is that of their headings. `in_programme`: edition and day are said
    above. `remove_url`: the reader's own agenda without this one session.
    """
    rows = context.render_context.setdefault("rows of sessions", Rows())
    written = [
        rows.row(session, f"h{level or 3}", in_programme, remove_url)
        for session in sessions
    ]
    return mark_safe("\n".join(written))  # noqa: S308 — each part is escaped


@register.simple_tag(takes_context=True)
def session_row(context, session, level=3, in_programme=False, remove_url=""):
    """Write one row, as session_rows() does."""
    return session_rows(context, [session], level, in_programme, remove_url)


class Rows:
    """The rows of one page; methods return escaped HTML."""

    def __init__(self):
        self.names = names()
        self.comma = escape(comma())
        self.formats = {kind.value: escape(kind.label) for kind in Session.Format}
        self.cores, self.badges, self.saves = {}, {}, {}
        self.times, self.days, self.rooms, self.hosts = {}, {}, {}, {}

    def row(self, session, tag, in_programme, remove_url):
        quiet = " session-break" if session.format == BREAK else ""
        filled = " rail-filled" if session.starts_at else ""
        day = "" if in_programme else self.day(session)
        save = self.remove if remove_url else self.save
        return (
            f'<li class="session-row{quiet}" data-session="{session.event_status}">'
            f'<span class="rail{filled}" aria-hidden="true"></span>'
            "<article>"
            f'<div class="session-when">{day}{self.when(session)}</div>\n'
            f'<div><{tag} class="session-title">{self.names.link(session)}</{tag}>'
            f"{self.other(session)}{self.hosted(session)}</div>\n"
            f'<div class="session-end" data-state>{self.badge(session)}'
            f"{self.core(session)}{save(session, remove_url)}</div></article></li>"
        )

    def day(self, session):
        key = session.edition_id, session.day_id
        if key not in self.days:
            edition, day = session.edition, ""
            if session.day:
                said = gettext("day %(number)s") % {"number": session.day.number}
                day = self.comma + escape(said)
            url = self.names.path(edition)
            self.days[key] = f'<p><a href="{url}">{edition.year}</a>{day}</p> '
        return self.days[key]

    def when(self, session):
        time = self.time(session) if session.starts_at else ""
        return f"{time}<p>{self.formats[session.format]}{self.room(session)}</p>"

    def time(self, session):
        key = session.edition_id, session.day_id, session.starts_at, session.ends_at
        if key not in self.times:
            late = f" {escape(gettext('next day'))}" if is_next_day(session) else ""
            self.times[key] = f"<p data-when>{clock(session)}{late}</p> "
        return self.times[key]

    def room(self, session):
        if session.room_id and session.room_id not in self.rooms:
            name = self.names.text(session.room, "name")
            self.rooms[session.room_id] = self.comma + name
        return self.rooms.get(session.room_id, "")

    def other(self, session):
        name = self.names.other_heading(session)
        return f' <p class="other">{name}</p>' if name else ""

    @cached_property
    def hosted_by(self):
        return escape(gettext("Hosted by %(hosts)s"))

    def hosted(self, session):
        who = hosts(session)
        if not who:
            return ""
        key = tuple([(one.page, one.id) for one in who])
        if key not in self.hosts:
            said = self.hosted_by % {"hosts": links(who)}
            self.hosts[key] = f' <p class="session-sub">{said}</p>'
        return self.hosts[key]

    def badge(self, session):
        status = session.event_status
        if status == SCHEDULED:
            return ""
        if status not in self.badges:
            shown = {"status": status, "label": session.get_event_status_display()}
            self.badges[status] = render_to_string("components/_badge.html", shown)
        return self.badges[status]

    def core(self, session):
        key = tuple([stage.id for stage in session.covered])
        if key not in self.cores:
            shown = {"stages": session.covered}
            core = render_to_string("components/_core_small.html", shown)
            self.cores[key] = " ".join(core.split())
        return self.cores[key]

    def save(self, session, _remove_url):
        if session.format == BREAK:
            return ""
        if session.edition_id not in self.saves:
            # Rendered for a session that stands for all: codes alone differ.
            any_one = Session(code=CODE)
            any_one.edition = session.edition
            button = render_to_string("sessions/_save.html", {"session": any_one})
            self.saves[session.edition_id] = " ".join(button.split())
        return self.saves[session.edition_id].replace(CODE, escape(session.code))

    def remove(self, session, remove_url):
        shown = {"session": session, "remove_url": remove_url}
        return render_to_string("sessions/_save.html", shown)
