from records.views import RecordDetail, RecordList
from topics.filters import (
    MineralFilter,
    RegulationFilter,
    StageFilter,
    TopicFilter,
)
from topics.models import LifecycleStage, Mineral, Regulation, Topic


class TopicList(RecordList):
    model = Topic
    filterset_class = TopicFilter
    template_name = "topics/topic_list.html"
    context_object_name = "topics"


class TopicDetail(RecordDetail):
    model = Topic
    template_name = "topics/topic_detail.html"
    context_object_name = "topic"


class RegulationList(RecordList):
    model = Regulation
    filterset_class = RegulationFilter
    template_name = "topics/regulation_list.html"
    context_object_name = "regulations"


class RegulationDetail(RecordDetail):
    model = Regulation
    template_name = "topics/regulation_detail.html"
    context_object_name = "regulation"


class MineralList(RecordList):
    model = Mineral
    filterset_class = MineralFilter
    template_name = "topics/mineral_list.html"
    context_object_name = "minerals"


class MineralDetail(RecordDetail):
    model = Mineral
    template_name = "topics/mineral_detail.html"
    context_object_name = "mineral"


class StageList(RecordList):
    model = LifecycleStage
    filterset_class = StageFilter
    template_name = "topics/stage_list.html"
    context_object_name = "stages"


class StageDetail(RecordDetail):
    model = LifecycleStage
    template_name = "topics/stage_detail.html"
    context_object_name = "stage"
