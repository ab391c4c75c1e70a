"""Help with writing: how a Markdown text will look, what was pasted, how long it is."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.http import require_POST
from modeltranslation.fields import TranslationField

from records.markup import to_markdown
from records.text import LONGEST, markdown_to_html

LONGEST_PASTED = 200_000  # characters of HTML, most of which is none of the text

# How many English words do a text good; of Chinese characters 1.6 times as many.
GUIDES = {
    "abstract": (100, 300),
    "bio": (40, 150),
    "definition": (15, 80),
    "description": (30, 150),
    "statement": (15, 120),
    "summary": (60, 250),
}


class WritingHelp:
    """What the form of a record offers those who write its texts."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.markdown_view)
        return [
            path("markdown/", view, name=self._markdown_name()),
            *super().get_urls(),
        ]

    def _markdown_name(self):
        return f"{self.opts.app_label}_{self.opts.model_name}_markdown"

    @method_decorator(require_POST)
    def markdown_view(self, request):
        """
        Return the HTML of a Markdown `text`, as the public would see it.

        Of pasted `html` it returns the Markdown. What is too long is refused (413).
        """
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        text, pasted = request.POST.get("text", ""), request.POST.get("html", "")
        if len(text) > LONGEST or len(pasted) > LONGEST_PASTED:
            return HttpResponse(status=413)
        if pasted:
            markdown, _lost = to_markdown(pasted)
            return HttpResponse(markdown, content_type="text/plain; charset=utf-8")
        return HttpResponse(markdown_to_html(text))

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if not isinstance(db_field, TranslationField):
            return field
        name = db_field.translated_field.name
        attrs = field.widget.attrs
        if name in self.model.markdown_fields:
            where = f"{self.admin_site.name}:{self._markdown_name()}"
            attrs["data-markdown"] = reverse(where)
        if name in GUIDES:
            least, most = guide(name, db_field.language)
            attrs["data-guide"] = f"{least}–{most}"
            field.help_text = _length(db_field.language) % {
                "least": least,
                "most": most,
            }
        return field


def guide(name, language):
    """Return how many words, or Chinese characters, a field may well have."""
    least, most = GUIDES[name]
    if language == "en":
        return least, most
    return least * 16 // 100 * 10, most * 16 // 100 * 10


def _length(language):
    if language == "en":
        return gettext("Markdown. About %(least)d to %(most)d words.")
    return gettext("Markdown. About %(least)d to %(most)d characters.")
