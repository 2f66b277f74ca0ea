#!/usr/bin/env python3
"""The documentation at /docs in a real browser: it shows what the descriptions say, and needs nothing of elsewhere.

usage: docs_test.py PROGRAM CONFIGURATION
"""

import unittest

from selenium.webdriver.common.by import By

import server
from browser import BrowserTest

PROGRAM, CONFIG = server.from_command_line()


class Docs(BrowserTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = server.Server(PROGRAM, CONFIG)
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        self.open(self.server.url + "/docs")
        self.wait(lambda: self.entries(), "the page shows entries")

    def entries(self):
        return [entry for entry in self.driver.find_elements(By.CSS_SELECTOR, "main details") if entry.is_displayed()]

    def test_shows_every_route_and_socket(self):
        paths = self.server.call("/api/v1/openapi.json")["paths"]
        channels = self.server.call("/api/v1/asyncapi.json")["channels"]
        self.assertEqual(sum(map(len, paths.values())) + len(channels), len(self.entries()))

    def test_filter_leaves_what_has_the_word(self):
        self.driver.find_element(By.ID, "filter").send_keys("ws/chat")
        self.wait(lambda: len(self.entries()) == 1, "one entry is left")
        self.assertIn("/api/v1/ws/chat", self.entries()[0].text)

    def test_entry_opens_with_members_and_replies(self):
        self.driver.find_element(By.ID, "filter").send_keys("start-chat")
        self.wait(lambda: len(self.entries()) == 1, "one entry is left")
        self.entries()[0].find_element(By.TAG_NAME, "summary").click()
        self.wait(lambda: "Body, application/json" in self.entries()[0].text, "the entry is open")
        self.assertIn("422", self.entries()[0].text)

    def test_loads_nothing_from_elsewhere(self):
        names = self.driver.execute_script("return performance.getEntriesByType('resource').map((one) => one.name)")
        self.assertGreaterEqual(len(names), 4)
        self.assertEqual([], [name for name in names if not name.startswith(self.server.url)])

    def test_can_be_used_by_everyone(self):
        self.check_accessible()
        self.check_fits(360)


unittest.main()
