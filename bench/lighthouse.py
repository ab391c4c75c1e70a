"""
Lighthouse on five pages in both languages, on phone settings, against `make serve`.

    npm install --no-audit --no-fund lighthouse@12.8.2    (in a folder of its own)
    make serve &
    .venv/bin/python -m bench.lighthouse FOLDER [ADDRESS OF THE PORTAL]

Needs Node 18 or newer and Chromium; CHROME_PATH says where that is. Prints the four
points of each page and the audits that cost any; exits 1 if a page has not 100 in
accessibility, good practice and being found. The points for speed depend on how busy
the machine is: the best of three counts.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PAGES = (
    "",
    "editions/2023/programme/",
    "sessions/2023-workshop-eu-batteries/",
    "regulations/eu-batteries-regulation/",
    "search/?q=battery",
)
KINDS = ("performance", "accessibility", "best-practices", "seo")
TRIES = 3
# Nothing but the portal is to be reached.
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--host-resolver-rules='MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'"
)


def main(folder, portal="http://127.0.0.1:8000"):
    """Print a line for each page."""
    program = Path(folder) / "node_modules/.bin/lighthouse"
    chrome = os.environ.get("CHROME_PATH") or shutil.which("chromium")
    if not program.exists() or not chrome:
        sys.exit(
            "Needs lighthouse in that folder and Chromium; see bench/lighthouse.py"
        )
    failed = False
    print(f"{'page':50}{' '.join(f'{kind:>15}' for kind in KINDS)}")
    for language in ("en", "zh-hans"):
        for page in PAGES:
            best, lost = {}, {}
            for _ in range(TRIES):
                points, lost_now = measure(
                    program, chrome, f"{portal}/{language}/{page}"
                )
                if sum(points.values()) > sum(best.values()):
                    best, lost = points, lost_now
                if set(best.values()) == {100}:
                    break
            shown = " ".join(f"{best[kind]:15}" for kind in KINDS)
            print(f"/{language}/{page:{47 - len(language)}}{shown}", flush=True)
            for audit, value in lost.items():
                print(f"    {audit}: {value}")
            failed |= any(best[kind] < 100 for kind in KINDS[1:])
    sys.exit(failed)


def measure(program, chrome, address):
    """Return ({kind: points}, {audit: value} of the audits that cost points)."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        subprocess.run(  # noqa: S603
            [
                program,
                address,
                "--quiet",
                "--output=json",
                f"--output-path={report}",
                f"--only-categories={','.join(KINDS)}",
                f"--chrome-flags={FLAGS}",
            ],
            env={**os.environ, "CHROME_PATH": chrome},
            check=True,
        )
        told = json.loads(report.read_text())
    points = {
        kind: round((told["categories"][kind]["score"] or 0) * 100) for kind in KINDS
    }
    lost = {
        audit["id"]: told["audits"][audit["id"]].get("displayValue", "failed")
        for kind in KINDS
        for audit in told["categories"][kind]["auditRefs"]
        if audit["weight"]
        and (told["audits"][audit["id"]]["score"] or 0) < 0.9
        and told["audits"][audit["id"]]["scoreDisplayMode"] != "notApplicable"
    }
    return points, lost


if __name__ == "__main__":
    main(*sys.argv[1:])
