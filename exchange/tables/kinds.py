"""The lists that are files as well: those of the nine kinds of record."""

from exchange.tables.directory import ORGANIZATIONS, PEOPLE
from exchange.tables.programme import EDITIONS, OUTCOMES, SESSIONS
from exchange.tables.subjects import MINERALS, REGULATIONS, STAGES, TOPICS

# By the URL name of the page
TABLES = {
    "sessions:editions": EDITIONS,
    "sessions:list": SESSIONS,
    "organizations:people": PEOPLE,
    "organizations:list": ORGANIZATIONS,
    "topics:list": TOPICS,
    "topics:regulations": REGULATIONS,
    "topics:minerals": MINERALS,
    "topics:stages": STAGES,
    "sessions:outcomes": OUTCOMES,
}
