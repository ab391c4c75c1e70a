"""Small schedules of our own, with the traits of those in the wild."""

import json

from exchange.schedules.importing import import_schedule
from exchange.schedules.reading import read

GUID = "11111111-1111-4111-8111-11111111111{}"

FOSDEM = """<?xml version="1.0" encoding="UTF-8"?>
<schedule>
  <conference>
    <title>Rivers 2010</title><subtitle>A meeting</subtitle>
    <venue>Old Mill</venue><city>Leuven</city>
    <start>2010-02-06</start><end>2010-02-07</end><days>2</days>
    <day_change>09:00:00</day_change>
  </conference>
  <day index="1" date="2010-02-06">
    <event id="20">
      <start>16:40</start><duration>00:15</duration><room>Ferrer</room>
      <slug></slug><title>Silt &amp; sand</title><track>Mud</track><type></type>
      <language></language>
      <abstract>&lt;p&gt;On &lt;b&gt;silt&lt;/b&gt; and
        &lt;u&gt;sand&lt;/u&gt;.&lt;/p&gt;</abstract>
      <persons><person id="201">Ana Ruiz</person></persons>
      <links><link href="http://video.example.org/silt.xvid.avi">Video</link>
        <link href="https://example.org/feedback/20.php">Submit feedback</link></links>
    </event>
    <event id="21">
      <start>00:30</start><duration>1:00</duration><room>Ferrer</room>
      <title>After midnight</title><persons/>
    </event>
  </day>
  <day index="2" date="2010-02-07"/>
</schedule>
"""

FRAB = f"""<?xml version="1.0"?>
<schedule>
  <version>1.0</version>
  <conference>
    <acronym>rv</acronym><title>Rivers 2025</title>
    <start>2025-03-29</start><end>2025-03-30</end>
    <time_zone_name>Europe/Berlin</time_zone_name>
    <base_url>https://talks.example.org/rivers/</base_url>
    <track name="Mud" color="#aabbcc"/>
  </conference>
  <day index="1" date="2025-03-29" start="2025-03-29T09:00:00+01:00"
       end="2025-03-30T04:00:00+02:00">
    <room name="Hall 1" guid="{GUID.format(9)}">
      <event guid="{GUID.format(1)}" id="7" code="ABC7XY" mood="calm">
        <date>2025-03-29T10:00:00+01:00</date><start>10:00</start>
        <duration>00:45</duration><room>Hall 1</room>
        <slug>rv-7-dams</slug><url>https://talks.example.org/7</url>
        <title>Dams</title><subtitle>High and low</subtitle><track>Mud</track>
        <type>workshop</type><language>de</language>
        <abstract>Short.</abstract><description>Longer &lt;your name&gt;.</description>
        <recording><license>CC BY 4.0</license><optout>true</optout></recording>
        <feedback_url>https://talks.example.org/7/feedback/</feedback_url>
        <logo>/logo.png?1</logo>
        <persons><person id="31" guid="{GUID.format(5)}">Ana Ruiz</person>
          <person id="32">Li Wei</person></persons>
        <attachments><attachment type="slides" href="/a.pdf">Slides</attachment>
        </attachments>
      </event>
      <event guid="{GUID.format(2)}" id="8">
        <date>2025-03-30T00:15:00+01:00</date><start>00:15</start>
        <duration>00:30</duration><title>Night owls</title>
        <persons><person id="32">Li Wei</person></persons>
      </event>
    </room>
  </day>
</schedule>
"""


def event(number=1, **fields):
    """Return a session of a c3voc schedule, version 1."""
    return {
        "id": number,
        "guid": GUID.format(number % 10),
        "date": f"2025-05-01T{9 + number:02d}:00:00+08:00",
        "start": f"{9 + number:02d}:00",
        "duration": "00:45",
        "title": f"Session {number}",
        "persons": [],
        **fields,
    }


def schedule_json(*events, room="Hall", zone="Asia/Shanghai", **conference):
    """Return a c3voc schedule, version 1, of one day."""
    about = {
        "title": "Rivers 2025",
        "acronym": "rivers25",
        "start": "2025-05-01",
        "end": "2025-05-01",
        "time_zone_name": zone,
        "days": [{"index": 1, "date": "2025-05-01", "rooms": {room: list(events)}}],
        **conference,
    }
    base = "https://talks.example.org/"
    return {"schedule": {"version": "1", "base_url": base, "conference": about}}


def load(content, edition="2025", **options):
    """Import what is given as text, bytes or data; return the report."""
    if not isinstance(content, bytes | str):
        content = json.dumps(content, ensure_ascii=False)
    if isinstance(content, str):
        content = content.encode()
    name = options.pop("format", "auto")
    return import_schedule(read(content, name), edition=edition, **options)


def section(report, heading):
    return dict(report.sections()).get(heading, [])
