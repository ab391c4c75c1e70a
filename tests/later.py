"""What search keeps of records is made when it is asked for, not at every write."""

from contextlib import contextmanager

from django.db import connection

from search import index
from search.kinds import KINDS


@contextmanager
def searched_later():
    """
    Put off what search keeps of what is written inside until SQL names its tables.

    Most of what tests make is never searched; keeping it is most of the cost. At the
    end what nobody asked for is forgotten, as the rows are.
    """
    waiting = index._waiting
    waiting.pks = {}

    def catch_up(execute, sql, params, many, context):
        if waiting.pks and "search_" in str(sql):
            pks, waiting.pks = waiting.pks, None
            try:
                with index.together():
                    for kind in KINDS:
                        index.refresh(kind, pks.get(kind.number, ()))
            finally:
                waiting.pks = {}
        return execute(sql, params, many, context)

    with connection.execute_wrapper(catch_up):
        try:
            yield
        finally:
            waiting.pks = None
