from records.filters import RecordFilterSet, Words, in_both
from topics.models import LifecycleStage, Mineral, Regulation, Topic


class TopicFilter(RecordFilterSet):
    q = Words(*in_both("label"))

    class Meta:
        model = Topic
        fields = []


class RegulationFilter(RecordFilterSet):
    q = Words(*in_both("short_name"))

    class Meta:
        model = Regulation
        fields = []


class MineralFilter(RecordFilterSet):
    q = Words(*in_both("label"))

    class Meta:
        model = Mineral
        fields = []


class StageFilter(RecordFilterSet):
    q = Words(*in_both("label"))

    class Meta:
        model = LifecycleStage
        fields = []
