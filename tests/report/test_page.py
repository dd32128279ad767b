"""The page in a real browser: alone, searched, on a phone, on paper, by keyboard and by a screen reader."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from seccfg import api
from seccfg.lint.selection import ALL_RULES
from seccfg.report.assemble import assemble, summary
from seccfg.report.mapping import built_in
from seccfg.report.render import render
from tests.conftest import EXAMPLES, ROOT
from tests.report.conftest import all_well, material

ORDERS = EXAMPLES / "orders" / "seccfg.yaml"
AXE = ROOT / ".engines" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
Browser = webdriver.Chrome
SHOTS = os.environ.get("SECCFG_SCREENSHOTS", "")
"""A folder to keep screenshots in, for people to look at."""


def missing(why: str) -> NoReturn:
    """Fails where every engine is required, skips elsewhere."""
    if os.environ.get("SECCFG_REQUIRE_ENGINES"):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on the largest example."""
    loaded = api.load(str(ORDERS))
    policy = api.policy(loaded)
    built = api.build(loaded, ("python", "opa"), "2026-01-05", policy)
    targets = [summary(b.target, b.output, [(gap, "accepted") for gap in b.output.gaps]) for b in built]
    made = material(ORDERS, all_well(), targets, ALL_RULES, None)
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_bytes(render(assemble(made, built_in(), ("pci-dss", "owasp-api")), "html"))
    return path


@pytest.fixture(scope="module")
def browser(page: Path) -> Iterator[Browser]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        missing("chromium or chromedriver is not installed; tests/engines/chromium.sh installs them")
    options = Options()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    yield started
    started.quit()


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core."""
    if not AXE.is_file():
        missing("axe-core is not installed; tests/engines/chromium.sh installs it")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture
def opened(browser: Browser, page: Path) -> Browser:
    """The page, on a desk."""
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.set_window_size(1280, 900)
    browser.get(page.as_uri())
    return browser


def shot(browser: Browser, name: str) -> None:
    if SHOTS:
        browser.save_screenshot(str(Path(SHOTS) / f"{name}.png"))


def shown(browser: Browser, selector: str) -> list[str]:
    return [one.text for one in browser.find_elements(By.CSS_SELECTOR, selector) if one.is_displayed()]


def test_the_page_needs_nothing_else(browser: Browser, page: Path) -> None:
    """One request, of the file itself, and not a word on the console: its own policy lets its script run."""
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get(page.as_uri())
    asked = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = {m["params"]["request"]["url"] for m in asked if m["method"] == "Network.requestWillBeSent"}
    assert urls == {page.as_uri()}
    assert browser.get_log("browser") == []
    number, _, total, *_ = browser.find_element(By.ID, "status").text.split()
    assert number == total
    shot(browser, "desk")


def test_search_narrows_every_table(opened: Browser) -> None:
    """What does not hold all words is gone, and the count is said aloud."""
    opened.find_element(By.ID, "search").send_keys("orders DELETE")
    rows = shown(opened, "#access [data-item]")
    assert len(rows) == 1
    assert "DELETE /v1/departments" in rows[0]
    status = opened.find_element(By.ID, "status")
    assert status.get_attribute("aria-live") == "polite"
    count = len(shown(opened, "[data-item]"))
    assert status.text.startswith(f"{count} of ")
    shot(opened, "search")
    opened.find_element(By.CSS_SELECTOR, "button[type=reset]").click()
    opened.execute_async_script("setTimeout(arguments[0], 20)")
    assert len(shown(opened, "#access [data-item]")) == 10


def test_filters_by_verdict_severity_and_target(opened: Browser) -> None:
    """Each on its own entries."""
    Select(opened.find_element(By.ID, "verdict")).select_by_value("not-satisfied")
    verdicts = {
        one.get_attribute("data-verdict")
        for one in opened.find_elements(By.CSS_SELECTOR, "[data-verdict]")
        if one.is_displayed()
    }
    assert verdicts == {"not-satisfied"}
    Select(opened.find_element(By.ID, "severity")).select_by_value("warning")
    assert len(shown(opened, "#findings [data-item]")) == 1
    Select(opened.find_element(By.ID, "verdict")).select_by_value("")
    Select(opened.find_element(By.ID, "target")).select_by_value("opa")
    targets = {
        one.get_attribute("data-target")
        for one in opened.find_elements(By.CSS_SELECTOR, "#targets [data-item]")
        if one.is_displayed()
    }
    assert targets == {"opa"}


def test_the_keyboard_is_enough(opened: Browser) -> None:
    """`/` searches, the first tab stop skips to the report, evidence opens with Enter, focus can be seen."""
    body = opened.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    skip = opened.switch_to.active_element
    assert skip.text == "To the report"
    assert skip.value_of_css_property("outline-style") == "solid"
    body.send_keys("/")
    assert opened.switch_to.active_element.get_attribute("id") == "search"
    opened.switch_to.active_element.send_keys("4.2.1.1")
    details = next(one for one in opened.find_elements(By.CSS_SELECTOR, "#f-pci-dss details") if one.is_displayed())
    summary_ = details.find_element(By.TAG_NAME, "summary")
    opened.execute_script("arguments[0].focus()", summary_)
    summary_.send_keys(Keys.ENTER)
    assert details.get_attribute("open") is not None
    assert "tls.certificates" in details.text
    shot(opened, "evidence")
    opened.find_element(By.ID, "search").send_keys(Keys.ESCAPE)
    assert len(shown(opened, "#access [data-item]")) == 10


def test_a_phone_shows_it_without_scrolling_sideways(opened: Browser) -> None:
    """At 360 by 740, each cell says which role it is about."""
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    wide, room = opened.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    broad = opened.execute_script(
        "return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 361)"
        ".map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40)).slice(0, 9)"
    )
    assert (wide, room, [one for one in broad if "skip" not in one]) == (360, 360, [])
    before = opened.execute_script(
        "return getComputedStyle(document.querySelector('.matrix td[data-label=admin]'), '::before').content"
    )
    assert "admin" in before
    shot(opened, "phone")
    opened.execute_script("document.querySelector('.matrix tbody tr').scrollIntoView()")
    shot(opened, "phone-matrix")
    opened.execute_script("document.querySelector('#f-pci-dss').scrollIntoView()")
    shot(opened, "phone-controls")


def test_paper_holds_everything(opened: Browser) -> None:
    """Evidence is open in print, the bar is not there, and the words are in the PDF's tree of tags."""
    printed = opened.execute_cdp_cmd("Page.printToPDF", {"printBackground": False, "generateTaggedPDF": True})
    data = base64.b64decode(printed["data"])
    assert data.startswith(b"%PDF")
    if SHOTS:
        (Path(SHOTS) / "paper.pdf").write_bytes(data)
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        hidden = opened.execute_script("return getComputedStyle(document.querySelector('.bar')).display")
        visible = opened.execute_script(
            "const inside = document.querySelector('#f-pci-dss details .evidence');"
            "return inside.checkVisibility({contentVisibilityAuto: true})"
        )
    finally:
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert hidden == "none"
    assert visible
    assert b"/StructTreeRoot" in data


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screen_readers_are_told_what_it_is(opened: Browser, axe: str, scheme: str) -> None:
    """No violation of WCAG 2.2 A and AA that axe can find, contrast in both colour schemes included."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    opened.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    opened.execute_script(axe)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    if scheme == "dark":  # what differs
        tags = ["color-contrast", "link-in-text-block"]
    result = opened.execute_async_script(
        "axe.run(document, {runOnly: arguments[0]}).then(arguments[1])", tags
    )  # fmt: skip
    shot(opened, f"axe-{scheme}")
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert len(result["passes"]) > (20 if scheme == "light" else 0)
    found = [
        (one["id"], node["target"], node.get("failureSummary", ""))
        for one in result["violations"]
        for node in one["nodes"]
    ]
    assert found == []


def test_tables_name_their_rows_and_columns(opened: Browser) -> None:
    """As the browser hands it to a screen reader."""
    tree = opened.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = [node["role"]["value"] for node in tree if "role" in node and not node.get("ignored")]
    for role in ("banner", "main", "navigation", "search", "table", "columnheader", "rowheader", "status", "region"):
        assert role in roles, role
    headings = [node["name"]["value"] for node in tree if node.get("role", {}).get("value") == "heading"]
    assert headings[:2] == ["Orders API: security report", "Who may do what"]


def test_hostile_names_stay_text(browser: Browser, tmp_path: Path) -> None:
    """A spec's texts can add no element and run nothing."""
    text = ORDERS.read_text().replace(
        "title: Orders API", "title: '</title><script>alert(1)</script><img src=x onerror=alert(2)>'"
    )
    for name in ("keys", "schemas"):
        shutil.copytree(ORDERS.parent / name, tmp_path / name)
    spec = tmp_path / "seccfg.yaml"
    spec.write_text(text)
    from seccfg.report.model import Executed

    made = material(spec, Executed(), (), ALL_RULES, None)
    out = tmp_path / "report.html"
    out.write_bytes(render(assemble(made, built_in(), ["gdpr"]), "html"))
    browser.get_log("browser")
    browser.get(out.as_uri())
    assert browser.find_elements(By.TAG_NAME, "img") == []
    assert len(browser.find_elements(By.TAG_NAME, "script")) == 1
    assert "<script>alert(1)</script>" in browser.find_element(By.TAG_NAME, "h1").text
    assert browser.get_log("browser") == []
