from records.filters import RecordFilterSet, Words, in_both
from sessions.models import Edition, Outcome, Session


class EditionFilter(RecordFilterSet):
    q = Words(*in_both("name"))

    class Meta:
        model = Edition
        fields = []


class SessionFilter(RecordFilterSet):
    q = Words(*in_both("title"))

    class Meta:
        model = Session
        fields = []


class OutcomeFilter(RecordFilterSet):
    q = Words(*in_both("statement"))

    class Meta:
        model = Outcome
        fields = []
