from records.views import RecordDetail, RecordList
from sessions.filters import (
    EditionFilter,
    OutcomeFilter,
    SessionFilter,
)
from sessions.models import Edition, Outcome, Session


class EditionList(RecordList):
    model = Edition
    filterset_class = EditionFilter
    template_name = "sessions/edition_list.html"
    context_object_name = "editions"


class EditionDetail(RecordDetail):
    model = Edition
    template_name = "sessions/edition_detail.html"
    context_object_name = "edition"


class SessionList(RecordList):
    model = Session
    filterset_class = SessionFilter
    template_name = "sessions/session_list.html"
    context_object_name = "sessions"


class SessionDetail(RecordDetail):
    model = Session
    template_name = "sessions/session_detail.html"
    context_object_name = "session"


class OutcomeList(RecordList):
    model = Outcome
    filterset_class = OutcomeFilter
    template_name = "sessions/outcome_list.html"
    context_object_name = "outcomes"


class OutcomeDetail(RecordDetail):
    model = Outcome
    template_name = "sessions/outcome_detail.html"
    context_object_name = "outcome"


class Programme(RecordDetail):
    model = Edition
    template_name = "sessions/programme.html"
    context_object_name = "edition"

    def get_address(self, record):
        return record.get_programme_url()
