"""What the CSV files may hold; check_facts.py holds them to it."""

import re

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
URL = re.compile(r"https?://[A-Za-z0-9.-]+\.[A-Za-z]{2,}(?::\d+)?(?:/[^\s|]*)?")
COUNTRY = re.compile(r"[A-Z]{2}")
JURISDICTION = re.compile(r"[A-Z]{2}|INT")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
CLOCK = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ROR = re.compile(r"https://ror\.org/0([0-9a-hjkmnp-tv-z]{6})([0-9]{2})")
WIKIDATA = re.compile(r"Q[1-9]\d*")
CELEX = re.compile(r"CELEX:3\d{4}[RL]\d{4}")
BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"

COLUMNS = {
    "forum.csv": (
        "name_en name_zh short_name_en short_name_zh tagline_en tagline_zh contact"
    ),
    "sources.csv": "token title_en title_zh url publisher published_on language kind",
    "forum_editions.csv": (
        "slug name_en name_zh year starts ends city country_iso2 venue organizers "
        "supporters theme_en theme_zh summary_en summary_zh source notes"
    ),
    "sessions.csv": (
        "slug edition title_en title_zh format day sequence basis abstract_en "
        "abstract_zh organizations topics regulations minerals lifecycle_stages source "
        "notes"
    ),
    "people.csv": (
        "slug name_en name_zh role_en role_zh affiliations editions bio_en bio_zh "
        "source notes"
    ),
    "organizations.csv": (
        "slug name_en name_zh acronym other_names type country_iso2 website ror_id "
        "wikidata description_en description_zh roles_2023 source notes"
    ),
    "regulations.csv": (
        "slug official_title_en short_name_en name_zh acronym aliases kind binding "
        "jurisdiction issuing_body identifier official_url milestones topics minerals "
        "lifecycle_stages summary_en summary_zh amends in_article source from_memory "
        "notes"
    ),
    "topics.csv": (
        "slug parent label_en label_zh alt_labels definition_en definition_zh "
        "in_article oecd_annex_ii source"
    ),
    "minerals.csv": "slug label_en label_zh symbol kind parent lists source notes",
    "lifecycle_stages.csv": (
        "slug order label_en label_zh alt_labels in_article definition_en "
        "definition_zh source"
    ),
    "statements.csv": (
        "slug kind edition text_en text_zh organizations people topics session source "
        "notes"
    ),
}
# May stand behind them, or be missing
OPTIONAL = {
    "forum_editions.csv": "time_zone city_zh venue_zh note_en note_zh",
    "sessions.csv": "code starts ends room people languages note_en note_zh",
    "people.csv": (
        "sort_name orcid affiliation_notes_en affiliation_notes_zh note_en note_zh"
    ),
    "organizations.csv": (
        "name_language names_in_source names_in_other_languages note_en note_zh"
    ),
    "regulations.csv": (
        "name_language names_in_source names_in_other_languages milestones_zh "
        "issuing_body_zh note_en note_zh"
    ),
    "topics.csv": "names_in_source names_in_other_languages note_en note_zh",
    "minerals.csv": "note_en note_zh",
    "lifecycle_stages.csv": (
        "names_in_source names_in_other_languages note_en note_zh"
    ),
    "statements.csv": "note_en note_zh",
}
# May not be empty
REQUIRED = {
    "forum.csv": "name_en name_zh short_name_en short_name_zh",
    "sources.csv": "token title_en url kind",
    "forum_editions.csv": "slug name_en name_zh year summary_en summary_zh source",
    "sessions.csv": (
        "slug edition title_en title_zh format basis sequence abstract_en abstract_zh "
        "topics source"
    ),
    "people.csv": "slug name_en role_en role_zh editions bio_en bio_zh source",
    "organizations.csv": (
        "slug name_en name_zh type description_en description_zh source"
    ),
    "regulations.csv": (
        "slug official_title_en short_name_en name_zh kind binding jurisdiction "
        "issuing_body milestones topics summary_en summary_zh in_article source"
    ),
    "topics.csv": (
        "slug label_en label_zh definition_en definition_zh in_article source"
    ),
    "minerals.csv": "slug label_en label_zh kind source",
    "lifecycle_stages.csv": (
        "slug order label_en label_zh in_article definition_en definition_zh source"
    ),
    "statements.csv": "slug kind edition text_en text_zh topics source",
}
# Hold several items, separated by |
LISTS = {
    "forum_editions.csv": "organizers supporters source",
    "sessions.csv": (
        "organizations topics regulations minerals lifecycle_stages source people "
        "languages"
    ),
    "people.csv": (
        "affiliations editions source affiliation_notes_en affiliation_notes_zh"
    ),
    "organizations.csv": (
        "other_names roles_2023 source names_in_source names_in_other_languages"
    ),
    "regulations.csv": (
        "aliases issuing_body identifier milestones topics minerals lifecycle_stages "
        "amends source from_memory names_in_source names_in_other_languages "
        "milestones_zh issuing_body_zh"
    ),
    "topics.csv": "alt_labels source names_in_source names_in_other_languages",
    "minerals.csv": "lists source",
    "lifecycle_stages.csv": (
        "alt_labels source names_in_source names_in_other_languages"
    ),
    "statements.csv": "organizations people topics source",
}
# column: the file whose slugs it names
REFERENCES = {
    ("forum_editions.csv", "organizers"): "organizations.csv",
    ("forum_editions.csv", "supporters"): "organizations.csv",
    ("sessions.csv", "edition"): "forum_editions.csv",
    ("sessions.csv", "topics"): "topics.csv",
    ("sessions.csv", "regulations"): "regulations.csv",
    ("sessions.csv", "minerals"): "minerals.csv",
    ("sessions.csv", "lifecycle_stages"): "lifecycle_stages.csv",
    ("regulations.csv", "topics"): "topics.csv",
    ("regulations.csv", "minerals"): "minerals.csv",
    ("regulations.csv", "lifecycle_stages"): "lifecycle_stages.csv",
    ("regulations.csv", "amends"): "regulations.csv",
    ("topics.csv", "parent"): "topics.csv",
    ("minerals.csv", "parent"): "minerals.csv",
    ("statements.csv", "edition"): "forum_editions.csv",
    ("statements.csv", "organizations"): "organizations.csv",
    ("statements.csv", "people"): "people.csv",
    ("statements.csv", "topics"): "topics.csv",
    ("statements.csv", "session"): "sessions.csv",
}
SPEAKING = "host|moderator|speaker|panelist|participant|rapporteur"
# column of slug:role pairs: the file of the slugs, and the roles
ROLES = {
    ("sessions.csv", "organizations"): ("organizations.csv", SPEAKING),
    ("sessions.csv", "people"): ("people.csv", SPEAKING),
    ("people.csv", "affiliations"): (
        "organizations.csv",
        "founder|director|member|staff",
    ),
    ("people.csv", "editions"): (
        "forum_editions.csv",
        "convenor|speaker|photographer|participant",
    ),
}
WORDS = {
    ("sources.csv", "kind"): "article|web-page|legal-text|report|document",
    ("sessions.csv", "format"): (
        "opening|keynote|plenary|roundtable|workshop|launch|break|side-event"
    ),
    ("sessions.csv", "day"): "|1|2|3",
    ("sessions.csv", "basis"): "stated|implied",
    ("organizations.csv", "type"): (
        "government|intergovernmental|industry association|company|NGO|academia|"
        "multi-stakeholder initiative|financial investor|programme"
    ),
    ("regulations.csv", "kind"): (
        "regulation|directive|statute|treaty|guidance|voluntary standard|initiative"
    ),
    ("regulations.csv", "binding"): "yes|no",
    ("regulations.csv", "in_article"): "yes|no",
    ("topics.csv", "in_article"): "yes|no",
    ("lifecycle_stages.csv", "in_article"): "yes|no",
    ("minerals.csv", "kind"): "metal|metalloid|nonmetal|mineral|gas|energy|group",
    ("statements.csv", "kind"): "outcome|commitment|fact",
}
# Items of list columns
ITEM_WORDS = {
    ("organizations.csv", "roles_2023"): (
        "organizer|supporter|session-host|speaker|attendee|partner|publisher"
    ),
    ("minerals.csv", "lists"): "EU-CRM-2023|EU-SRM-2023|US-2022|US-2025|CN-2016|3TG",
}
# What a cell must look like, unless it is empty
SHAPES = {
    "slug": (SLUG, "lower-case words joined by hyphens"),
    "token": (SLUG, "lower-case words joined by hyphens"),
    "country_iso2": (COUNTRY, "two capital letters"),
    "jurisdiction": (JURISDICTION, "a country code, EU or INT"),
    "website": (URL, "a web address"),
    "official_url": (URL, "a web address"),
    "url": (URL, "a web address"),
    "wikidata": (WIKIDATA, "Q and digits"),
    "name_language": (LANGUAGE, "a language code"),
    "language": (LANGUAGE, "a language code"),
    "year": (re.compile(r"20\d\d"), "a year"),
    "starts": (re.compile(f"{DATE.pattern}|{CLOCK.pattern}"), "a date or a time"),
    "ends": (re.compile(f"{DATE.pattern}|{CLOCK.pattern}"), "a date or a time"),
}
LIST_SIZES = {
    "EU-CRM-2023": 34,
    "EU-SRM-2023": 17,
    "US-2022": 50,
    "US-2025": 60,
    "CN-2016": 24,
    "3TG": 4,
}
EVENTS = (
    "proposed|adopted|signed|published|in force|applies|amended|revised|launched|"
    "deadline|expires|repealed"
)
LENGTHS = {
    ("sessions.csv", "abstract_en"): (40, 90),
    ("regulations.csv", "summary_en"): (40, 80),
}
OWN_WORDS = {
    "forum_editions.csv": "summary_en note_en",
    "sessions.csv": "title_en abstract_en note_en",
    "people.csv": "bio_en note_en",
    "organizations.csv": "description_en note_en",
    "regulations.csv": "summary_en note_en",
    "topics.csv": "definition_en",
    "lifecycle_stages.csv": "definition_en",
    "statements.csv": "text_en note_en",
}
# The names that the article itself uses
ARTICLE_NAMES = {
    "eu-batteries-regulation": (
        "New Batteries Act|Batteries and Waste Batteries Regulation"
    ),
    "eu-critical-raw-materials-act": "Critical Minerals Raw Materials Act",
    "eu-csddd": "Sustainable Development Due Diligence Directive|SDDGD",
    "de-lksg": "Supply Chain Due Diligence Management Obligation (SCMO) Act",
}
