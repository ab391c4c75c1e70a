"""Which pages that are functions may be sent something: all others are only read."""


def takes_a_form(view):
    """Let a view that is a function be asked by POST, outside of the admin."""
    view.takes_a_form = True
    return view
