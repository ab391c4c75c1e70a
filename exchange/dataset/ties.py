"""The tables that tie two records to each other, many to many."""

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from exchange.dataset.kinds import KINDS, MODELS
from exchange.dataset.schema import Table, slug_of
from sessions.models import Outcome, Session
from topics.models import Regulation

NAME_OF = {MODELS[kind.name]: kind.name for kind in KINDS}
ASSIGNED = _("Assigned by the editors.")
NAMED = _("As the sources name them.")


def tie(owner, field, name, title, description):
    """Return the table of a many-to-many field of a kind, both ends of it public."""
    found = owner._meta.get_field(field)
    model, through = found.related_model, found.remote_field.through
    here, there = found.m2m_field_name(), found.m2m_reverse_field_name()
    mine, theirs = f"{here}_id", f"{there.removeprefix('lifecycle')}_id"

    def rows(at):
        ends = {
            f"{here}__in": owner.objects.published(at),
            f"{there}__in": model.objects.published(at),
        }
        return through.objects.filter(**ends).order_by(
            f"{here}__slug", f"{there}__slug"
        )

    return Table(
        name,
        title,
        description,
        [
            slug_of(mine, here, capfirst(owner._meta.verbose_name)),
            slug_of(theirs, there, capfirst(model._meta.verbose_name)),
        ],
        rows,
        (mine, theirs),
        {(mine,): (NAME_OF[owner], ("id",)), (theirs,): (NAME_OF[model], ("id",))},
        owner=mine,
    )


TIES = [
    tie(Session, "topics", "session_topics", _("Topics of sessions"), ASSIGNED),
    tie(Session, "minerals", "session_minerals", _("Minerals of sessions"), ASSIGNED),
    tie(Session, "stages", "session_stages", _("Stages of sessions"), ASSIGNED),
    tie(
        Session,
        "regulations",
        "session_regulations",
        _("Regulations of sessions"),
        _("Which instruments a session named."),
    ),
    tie(
        Regulation,
        "topics",
        "regulation_topics",
        _("Topics of regulations"),
        ASSIGNED,
    ),
    tie(
        Regulation,
        "minerals",
        "regulation_minerals",
        _("Minerals of regulations"),
        ASSIGNED,
    ),
    tie(
        Regulation,
        "stages",
        "regulation_stages",
        _("Stages of regulations"),
        ASSIGNED,
    ),
    tie(
        Outcome,
        "organizations",
        "outcome_organizations",
        _("Organizations of outcomes"),
        NAMED,
    ),
    tie(Outcome, "people", "outcome_people", _("People of outcomes"), NAMED),
    tie(Outcome, "topics", "outcome_topics", _("Topics of outcomes"), ASSIGNED),
]
