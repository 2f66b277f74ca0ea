"""Chromium without a window, for a test: what is waited for is a condition, and what the page complains of fails."""

import tempfile
import unittest

from selenium import webdriver
from selenium.common.exceptions import (ElementClickInterceptedException, ElementNotInteractableException,
                                        NoSuchElementException, StaleElementReferenceException)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 60
FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex='0']"


class Browser:
    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="linkupd-chromium-", ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                         "--disable-background-networking", "--disable-component-update", "--disable-extensions",
                         # The pages are our own; root, and many a container, get no sandbox.
                         "--no-sandbox",
                         "--window-size=1200,900", f"--user-data-dir={self._folder.name}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)

    def quit(self):
        self.driver.quit()
        self._folder.cleanup()

    def complaints(self):
        """Errors on the console since last asked: scripts that failed, replies of 400 and above, broken policy."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def resize(self, width, height):
        """The page's own size, which a window can be too small for."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700})

    def prefer(self, scheme):
        """Light or dark colours, as the reader's system would say."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


class BrowserTest(unittest.TestCase):
    """One browser for the whole class; each test begins at a page of its own."""

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.quit)
        cls.driver = cls.browser.driver

    def tearDown(self):
        self.assertEqual([], self.browser.complaints(), "the browser complains")

    def open(self, url):
        self.driver.get(url)

    def wait(self, condition, what):
        """Until `condition()` gives something true, which is returned."""
        ignored = (NoSuchElementException, StaleElementReferenceException)
        wait = WebDriverWait(self.driver, PATIENCE, poll_frequency=0.03, ignored_exceptions=ignored)
        try:
            return wait.until(lambda _: condition())
        except Exception as error:
            body = self.driver.find_element(By.TAG_NAME, "body").text
            raise AssertionError(f"never: {what}\nthe page says:\n{body}\n{self.browser.complaints()}") from error

    def press(self, find, what):
        """Clicks what `find()` returns, once it is there and can be clicked."""
        def click():
            try:
                find().click()
            except (ElementClickInterceptedException, ElementNotInteractableException):
                return False
            return True
        self.wait(click, "can be pressed: " + what)

    # ---- what everybody can use ----

    def check_accessible(self):
        """The page as it is now: language, title, names of all controls, headings, contrast, width, keyboard."""
        self.assertTrue(self.driver.title)
        self.assertTrue(self.driver.execute_script("return document.documentElement.lang"))
        self.assertEqual(1, len(self.driver.find_elements(By.TAG_NAME, "main")))
        self.assertEqual(1, len(self.driver.find_elements(By.TAG_NAME, "h1")))
        self.assertEqual([], self._controls_without_name(), "controls without a name")
        self.assertEqual([], self.driver.execute_script(_SKIPPED_HEADINGS), "a level of headings is left out")
        for scheme in ("light", "dark"):
            self.browser.prefer(scheme)
            self.assertEqual([], self.driver.execute_script(_TOO_FAINT), f"contrast below 4.5 in {scheme} colours")

    def check_fits(self, width):
        """Nothing has to be scrolled sideways at this width, and what is pressed is large enough for a thumb."""
        self.browser.resize(width, 800)
        overflow = "const page = document.documentElement; return page.scrollWidth - page.clientWidth"
        self.assertLessEqual(self.driver.execute_script(overflow), 0, f"wider than {width} pixels")
        self.assertEqual([], self.driver.execute_script(_TOO_SMALL), "too small for a thumb")
        self.browser.resize(1200, 900)

    def _controls_without_name(self):
        shown = self.driver.execute_script(_SHOWN, FOCUSABLE)
        self.assertTrue(shown)
        return [element.get_attribute("outerHTML") for element in shown if not element.accessible_name.strip()]

    def tab_order(self):
        """The names of what the Tab key goes through, from the top of the page to its end."""
        self.driver.execute_script(_BEGIN_AT_THE_TOP)
        names = []
        for _ in range(100):
            self.driver.switch_to.active_element.send_keys(Keys.TAB)
            focused = self.driver.switch_to.active_element
            if focused.tag_name == "body":
                break
            self.assertNotEqual("none", focused.value_of_css_property("outline-style"), "focus is not to be seen")
            names.append(focused.accessible_name)
        return names


# What is in a closed <details> is not shown.
_SHOWN = "return [...document.querySelectorAll(arguments[0])].filter((element) => element.checkVisibility())"

# Tab goes on from what was pressed last, even if it has no focus.
_BEGIN_AT_THE_TOP = """
const top = document.createElement("span");
top.tabIndex = -1;
document.body.prepend(top);
top.focus();
"""

_SKIPPED_HEADINGS = """
const shown = [...document.querySelectorAll("h1, h2, h3, h4")].filter((heading) => heading.checkVisibility());
let last = 0;
return shown.filter((heading) => {
    const level = Number(heading.tagName[1]), skips = level > last + 1;
    last = level;
    return skips;
}).map((heading) => heading.outerHTML);
"""

# Relative luminance and contrast as WCAG 2.1 defines them; large type is held to the same.
_TOO_FAINT = """
function parse(colour) {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return { rgb: [r, g, b], a };
}
function luminance(rgb) {
    const [r, g, b] = rgb.map((value) => {
        const part = value / 255;
        return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function behind(element) {
    for (let at = element; at; at = at.parentElement) {
        const { rgb, a } = parse(getComputedStyle(at).backgroundColor);
        if (a === 1) return rgb;
    }
    return [255, 255, 255];
}
const faint = [];
for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.disabled) continue;
    const pair = [luminance(parse(getComputedStyle(element).color).rgb), luminance(behind(element))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)}: ${element.outerHTML.slice(0, 100)}`);
}
return faint;
"""

# WCAG 2.2 wants 24 by 24 pixels at the least.
_TOO_SMALL = """
return [...document.querySelectorAll("button, input:not([type=checkbox]), select")].filter((element) => {
    const { width, height } = element.getBoundingClientRect();
    return element.checkVisibility() && (width < 24 || height < 24);
}).map((element) => element.outerHTML.slice(0, 100));
"""
