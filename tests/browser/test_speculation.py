"""A browser that knows speculation rules fetches the next page ahead, and no other."""


def test_a_browser_would_fetch_the_pages_that_are_linked_and_no_questions(
    portal, browser
):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    session = context.new_cdp_session(tab)
    planned = set()

    def update(event):
        planned.update(
            one["key"]["url"].removeprefix(portal)
            for one in event["preloadingAttemptSources"]
        )

    session.on("Preload.preloadingAttemptSourcesUpdated", update)
    session.send("Preload.enable")
    tab.goto(f"{portal}/en/sessions/")
    links = tab.evaluate("[...document.links].map(one => one.getAttribute('href'))")
    for _ in range(50):
        if planned:
            break
        tab.wait_for_timeout(100)
    context.close()
    assert {"/en/editions/2023/", "/en/organizations/"} <= planned
    assert [one for one in links if "?" in one]
    assert [one for one in planned if "?" in one or "/search/" in one] == []
