"""
How every record is edited: both languages side by side, its life, its sources.

The columns of both languages are always named; the one that modeltranslation
keeps without a language (`title` beside `title_en` and `title_zh_hans`) is never
shown. So plain admin classes do, and modeltranslation's own are not needed.
"""

from records.admin.corrections import CorrectionAdmin
from records.admin.fields import both, field_label
from records.admin.history import HistoryAdmin
from records.admin.links import LinkCheckAdmin
from records.admin.merging import MergeAdmin
from records.admin.notices import SubscriptionAdmin
from records.admin.operations import OperationAdmin
from records.admin.proposals import ProposalAdmin
from records.admin.record import NOTES, PUBLICATION, RecordAdmin
from records.admin.rows import RowForm, StackedInline, TabularInline
from records.admin.sources import SourceAdmin

__all__ = [
    "NOTES",
    "PUBLICATION",
    "CorrectionAdmin",
    "HistoryAdmin",
    "LinkCheckAdmin",
    "MergeAdmin",
    "OperationAdmin",
    "ProposalAdmin",
    "RecordAdmin",
    "RowForm",
    "SourceAdmin",
    "StackedInline",
    "SubscriptionAdmin",
    "TabularInline",
    "both",
    "field_label",
]
