import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BAD = {
    "ALLOWED_HOSTS": ["https://record.example.org", "a b"],
    "API_RATE": ["often", "120", "0/minute", "10/week"],
    "ACCESS_LOG": ["yes"],
    "CACHE_URL": [
        "localhost:6379",
        "memcached://host",
        "redis://",
        "redis://h:port",
        "redis://h/x",
        *("redis://h/0?db=x", "redis://h/0?nothing=1", "redis://h/0?protocol=9"),
        "rediss://h/0?ssl_cert_reqs=nonsense",
        *("redis://h/0?socket_timeout=-5", "redis://h/0?encoding=bogus"),
        *("redis://h/0?decode_responses=1", "redis://h/0?db=1&db=2", "redis://h/0#x"),
    ],
    "DATABASE_REPLICA_LAG": ["1", "a while"],
    "DATABASE_REPLICA_URL": [
        *("sqlite:///x", "postgres://a/b,replica", "postgres://a/b postgres://c/d"),
        *("postgres://a/b;postgres://c/d", "postgres://a/b?sslmode=disable; postgres:"),
        "postgres://a/b?application_name=x;postgres://c/d",
    ],
    "DATABASE_URL": [
        *("mysql://localhost/x", "portal", "postgres://h:port/x", "postgres://"),
        *("postgres://portal@localhost/", "sqlite://portal.sqlite3", "sqlite:///"),
        *("sqlite:////proc", "postgres://h/x?nothing=1"),
        *("sqlite:////proc/nothing/portal.sqlite3", "sqlite:///portal.sqlite3"),
        *("sqlite:////nowhere/there/portal.sqlite3", "sqlite:////etc/hostname"),
        *("postgres://h/x?sslmode=nonsense", "postgres://h/x?connect_timeout=abc"),
        *("postgres:h/d", "postgres:/d", "postgres://h/x#y", "postgres://h/x?sslmode="),
        "postgres://h/x?sslmode=disable&sslmode=require",
        *("postgres://h/" + "x" * 64, "postgres://h/" + "%E7%9F%BF" * 22),
        *("sqlite:////tmp/portal.sqlite3?mode=ro", "sqlite:////tmp/a#b.sqlite3"),
    ],
    "DEBUG": ["yes"],
    "DEFAULT_FROM_EMAIL": ["portal", "portal@", "a@b.org,c@d.org"],
    "OPERATOR_EMAIL": ["operator"],
    "EMAIL_URL": [
        *("mail.example.org", "smtp://", "smtp://host:99999", "smtp://host/path"),
        *("smtp://host?x=1", "smtp://host#part", "console:foo", "console://host"),
    ],
    "EXPORT_RATE": ["1.5/minute"],
    "LOG_FORMAT": ["xml"],
    "LOG_LEVEL": ["loud", "30"],
    "METRICS_TOKEN": ["short", "abcde" * 12, "四川矿产区域国际合作" * 3 + "abcdefgh"],
    "SENTRY_DSN": [
        "faults.example.org",
        "https://",
        "https://host/1",
        "https://k@host/",
    ],
    "MAX_PICTURE_MB": ["10485760"],  # bytes
    "MAX_UPLOAD_MB": ["-1", "0", "many", "5.5", "²"],
    "MEDIA_QUOTA_MB": ["lots"],
    "MEDIA_STORAGE_URL": [
        *("s3://host", "https://host/bucket", "s3://h/A b", "s3://k@h/bucket"),
        *("s3://k:@h/bucket", "s3://:s@h/bucket", "s3://k:s/s@h/bucket", "s3://h/b"),
        *("s3://k:s@h/bucket?regoin=x", "s3://k:s@h/bucket?region="),
    ],
    "PAGE_CACHE_MB": ["on", "33554432"],
    "PROXIES": ["one", "99"],
    "REPORT_RATE": ["-5/hour"],
    "REQUIRE_ONE_TIME_CODES": ["always"],
    "RESET_RATE": ["10 an hour"],
    "SEARCH_RATE": ["900/min"],
    "SECRET_KEY": [
        *("short", "abcde" * 12, "django-insecure-" + "word" * 12, "abcdefgh" * 7),
        *("forum-portal-" * 5, "forum-portal-" * 4 + "forum"),
    ],
    "SIGN_IN_RATE": ["30/"],
    "SITE_URL": [
        *("record.example.org", "ftp://example.org", "https://", "https://["),
        *("https://host/path", "https://me:word@host", "https://a b", "https://矿.cn"),
    ],
    "STATIC_DIR": ["static", "/etc/hostname", "/etc/hostname/static", "/", "/etc/.."],
    "STATEMENT_TIMEOUT": ["30s", "9" * 5000],
    "TIME_ZONE": ["Chengdu", "../../etc/passwd", "/etc/localtime"],
    "VAR_DIR": ["/proc/nothing", "/etc/hostname", "~/portal", "var"],
}
READ_ALL = """
import os, sys
for line in sys.stdin.read().splitlines():
    name, _, value = line.partition("=")
    before = dict(os.environ)
    os.environ[name] = value
    sys.modules.pop("forum_portal.settings", None)
    try:
        import forum_portal.settings
    except SystemExit as stop:
        print(stop.code)
    else:
        print("accepted", line)
    os.environ.clear()
    os.environ.update(before)
    import forum_portal
    vars(forum_portal).pop("settings", None)
"""


def run(*command, tmp_path, given="", **settings):
    return subprocess.run(
        [sys.executable, *command],
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path)} | settings,
        input=given,
        capture_output=True,
        text=True,
    )


def test_every_malformed_setting_is_named_with_a_good_value(tmp_path):
    lines = [f"{name}={value}" for name, values in BAD.items() for value in values]
    told = run("-c", READ_ALL, tmp_path=tmp_path, given="\n".join(lines))
    answers = told.stdout.splitlines()
    assert told.stderr == ""
    assert len(answers) == len(lines)
    for line, answer in zip(lines, answers, strict=True):
        name, _, value = line.partition("=")
        assert answer.startswith(f"{name} must be "), (line, answer)
        assert f", such as {name}=" in answer
        assert len(value) < 4 or value not in answer.partition(" such as ")[0]


def test_what_a_stop_suggests_is_accepted(tmp_path):
    # A folder of the server's: it is not to be made here.
    bad = {name: values for name, values in BAD.items() if name != "VAR_DIR"}
    lines = [f"{name}={values[0]}" for name, values in bad.items()]
    told = run("-c", READ_ALL, tmp_path=tmp_path, given="\n".join(lines))
    good = [
        re.sub(r"\$\(openssl .*\)", KEY, line.rpartition("such as ")[2])
        for line in told.stdout.splitlines()
    ]
    again = run("-c", READ_ALL, tmp_path=tmp_path, given="\n".join(good), **NEEDED)
    assert again.stdout.splitlines() == [f"accepted {line}" for line in good]


def test_what_is_unusual_but_right_is_accepted(tmp_path):
    lines = [
        "CACHE_URL=rediss://me:word@h:6379/1?ssl_cert_reqs=none&socket_timeout=0.5",
        f"DATABASE_URL=sqlite:///{tmp_path}/portal.sqlite3",
        "DATABASE_URL=postgres:///portal?host=/run/postgresql&sslmode=disable",
        "DATABASE_URL=postgres://h/x?sslmode=verify-full&gssencmode=require",
        "DEFAULT_FROM_EMAIL=The Record <record@example.org>",
        "DATABASE_URL=postgres://portal:a%20b%3A%2F%2F@h/" + "x" * 63,
        "EMAIL_URL=smtp://mail.example.org:25/",
        # In hexadecimal
        "SECRET_KEY=0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff",
        "SITE_URL=https://[::1]:8000",
        f"STATIC_DIR={tmp_path}/.static",
        f"STATIC_DIR={tmp_path}/static",
        f"STATIC_DIR={tmp_path}-static",
        "VAR_DIR=/var/lib/portal",
    ]
    told = run("-c", READ_ALL, tmp_path=tmp_path, given="\n".join(lines), **NEEDED)
    assert told.stdout.splitlines() == [f"accepted {line}" for line in lines]


def test_no_folder_that_holds_what_is_not_public_is_given_out(tmp_path):
    for name in ("var", "uploads", "elsewhere"):
        (tmp_path / name).mkdir()
    var = tmp_path / "var"
    (var / "media").symlink_to(tmp_path / "uploads")
    (tmp_path / "again").symlink_to(var)
    private = [
        *(var, var.parent, f"{var}/", var / "static" / "..", tmp_path / "again"),
        *(var / name for name in ("media", "media/static", "releases", "backups/a")),
        *(tmp_path / "uploads", tmp_path / "uploads/static", tmp_path / "elsewhere"),
        *(Path(__file__).parents[2], Path(__file__).parents[3]),
    ]
    told = run(
        "-c",
        READ_ALL,
        tmp_path=var,
        given="\n".join(f"STATIC_DIR={one}" for one in private),
        DATABASE_URL=f"sqlite:///{tmp_path}/elsewhere/portal.sqlite3",
    )
    assert told.stdout.splitlines() == [
        "STATIC_DIR must be a folder of its own, since all in it is public, such as "
        "STATIC_DIR=/var/lib/portal/static"
    ] * len(private)


def test_a_folder_may_have_any_name_and_its_database_lies_in_it(tmp_path):
    var = tmp_path / "50% of it? #1"
    show = (
        "from forum_portal.settings import DATABASES as d; print(d['default']['NAME'])"
    )
    told = run("-c", show, tmp_path=var)
    assert told.stdout == f"{var}/portal.sqlite3\n", told.stderr


KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# What a replica or a shared storage does not go without
NEEDED = {"SECRET_KEY": KEY, "DATABASE_URL": "postgres://portal@localhost/portal"}


SERVER = ["-m", "gunicorn", "-c", "python:forum_portal.gunicorn"]


@pytest.mark.parametrize(
    ("command", "bad"),
    [
        (["manage.py", "check"], {"SITE_URL": "record.example.org"}),
        (SERVER, {"PORT": "99999"}),
        (SERVER, {"WORKERS": "two"}),
        (SERVER, {"HOST": "999.1.1.1"}),
        (SERVER, {"HOST": "nosuch.invalid"}),
        (SERVER, {"HOST": "\udcff"}),
        (SERVER, {"HOST": "192.0.2.1"}),
        (SERVER, {"DEBUG": "true"}),
        (["manage.py", "check"], {"DEBUG": "1", "SITE_URL": "https://record.example"}),
        (
            ["manage.py", "check"],
            {"SECRET_KEY": "", "MEDIA_STORAGE_URL": "s3://h/bucket"},
        ),
    ],
)
def test_a_program_stops_with_one_line_and_says_that_it_failed(command, bad, tmp_path):
    stopped = run(*command, tmp_path=tmp_path, **bad)
    name = next(iter(bad))
    assert stopped.returncode == 1
    assert stopped.stdout == ""
    assert stopped.stderr.startswith(f"{name} must be ")
    assert stopped.stderr.count("\n") == 1


def test_without_room_for_a_key_the_start_says_so(tmp_path):
    (tmp_path / "secret_key").symlink_to("/dev/full")
    stopped = run("manage.py", "check", tmp_path=tmp_path)
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert stopped.stderr == (
        "VAR_DIR must be a folder that the portal's user can write, with all that is "
        "in it, on a disk that has room, such as VAR_DIR=/var/lib/portal\n"
    )


def test_a_command_says_in_one_line_that_the_database_does_not_answer(tmp_path):
    nobody = "postgres://portal:password@127.0.0.1:1/portal"
    stopped = run("manage.py", "migrate", tmp_path=tmp_path, DATABASE_URL=nobody)
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert stopped.stderr.startswith("The database failed: connection to server at ")
    assert stopped.stderr.count("\n") == 1
    assert "password" not in stopped.stderr


@pytest.mark.parametrize(
    ("command", "settings", "told"),
    [
        (
            ["sendtestemail", "a@example.org"],
            {"EMAIL_URL": "smtp://127.0.0.1:1"},
            "[Errno 111] Connection refused",
        ),
        (
            ["collectstatic", "--no-input"],
            {"STATIC_DIR": "/proc/static"},
            "[Errno 2] No such file or directory: '/proc/static'",
        ),
    ],
)
def test_a_command_says_in_one_line_what_it_could_not_reach(
    command, settings, told, tmp_path
):
    stopped = run("manage.py", *command, tmp_path=tmp_path, **settings)
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert stopped.stderr == f"{command[0]} failed: {told}\n"
