"""What went wrong, as `application/problem+json` (RFC 9457)."""

from http import HTTPStatus

from django.http import JsonResponse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 20
LONGEST_VALUE = 200  # letters of a value that is repeated
# What programs in a browser may do from any other site, and read (Fetch Standard)
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Allow, Content-Language, ETag, Link, RateLimit, RateLimit-Policy, Retry-After"
    ),
}


class ParameterError(Exception):
    """A request whose parameters mean nothing; carries each `Wrong`."""

    def __init__(self, wrong):
        super().__init__(wrong)
        self.wrong = wrong


def problem(status, detail, **members):
    """Return an answer that says what went wrong, in the language of the moment."""
    said = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(detail),
        **members,
    }
    answer = JsonResponse(
        said, status=status, json_dumps_params={"ensure_ascii": False}
    )
    answer["Content-Type"] = MEDIA_TYPE
    for name, value in OPEN.items():
        answer[name] = value
    return answer


def refused(wrong):
    """Return the answer 400 that names each parameter and its value."""
    names = ", ".join(dict.fromkeys(one.parameter for one in wrong))
    errors = [
        {**one._asdict(), "value": one.value[:LONGEST_VALUE]}
        for one in wrong[:MOST_ERRORS]
    ]
    return problem(
        400, _("Not understood: %(names)s") % {"names": names}, errors=errors
    )


def gone(record, asked):
    """Return the answer 410 for a withdrawn record: what it was, and why it went."""
    return problem(
        410,
        _("This record was withdrawn."),
        id=record.slug,
        name=asked.text(record, record.heading_field),
        withdrawn_on=localdate(record.withdrawn_at).isoformat(),
        reason=asked.text(record, "withdrawn_reason"),
    )


def gone_with(whole, address, asked):
    """Return the answer 410 for what went when what it belongs to was withdrawn."""
    return problem(
        410,
        _("This record was withdrawn with what it belongs to."),
        withdrawn_with=address,
        withdrawn_on=localdate(whole.withdrawn_at).isoformat(),
        reason=asked.text(whole, "withdrawn_reason"),
    )


def without_data(removed):
    """Return the answer 410 for a person whose data were removed, without a name."""
    return problem(
        410,
        _("The data that stood here were removed at a person’s request."),
        withdrawn_on=localdate(removed.removed_at).isoformat(),
    )
