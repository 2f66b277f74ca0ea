#!/usr/bin/env python3
"""The operators' console, at /console of its own listener, in a real browser.

usage: console_test.py PROGRAM CONFIGURATION
"""

import unittest
import urllib.error
import urllib.request

from selenium.webdriver.common.by import By

import server
from browser import BrowserTest

PROGRAM, CONFIG = server.from_command_line()
TOKEN = "a token of the console, long enough"


class ConsoleTest(BrowserTest):
    def setUp(self):
        every_second = {"lobby.events.evening.cron": "* * * * * *", "lobby.events.evening.waiting_ms": 100}
        self.server = server.Server(PROGRAM, CONFIG, **{"console.token": TOKEN, "console.port": 0}, **every_second)
        self.addCleanup(self.stop_server)
        self.console = f"http://localhost:{self.server.console_port()}/console"
        self.open(self.console)

    def stop_server(self):
        self.driver.get("about:blank")
        self.assertEqual(0, self.server.stop())

    def element(self, name):
        return self.driver.find_element(By.ID, name)

    def shows(self, name, text):
        self.wait(lambda: text in self.element(name).text, f"{name} says {text!r}")

    def press_in(self, name, button):
        self.press(lambda: self.element(name).find_element(By.XPATH, f".//button[.='{button}']"), f"{button} in {name}")

    def enter(self, token):
        self.element("token").send_keys(token)
        self.press_in("open", "Open")

    def enter_console(self):
        self.enter(TOKEN)
        self.wait(lambda: self.element("content").is_displayed(), "the console opens")

    def refused(self, status):
        """How many replies with this status the browser complained of."""
        complaints = self.browser.complaints()
        refused = [entry for entry in complaints if f"status of {status}" in entry]
        self.assertEqual(refused, complaints)
        return len(refused)

    def status_of(self, path, token):
        request = urllib.request.Request(self.console + path, headers={"Authorization": "Bearer " + token})
        try:
            with urllib.request.urlopen(request, timeout=server.PATIENCE) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code

    def open_sockets(self, tokens):
        """A tab with a chat socket of each of these sessions."""
        console = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        self.open(self.server.url)
        self.driver.execute_script(_OPEN_SOCKETS, self.server.url.replace("http", "ws"), tokens)
        self.wait(lambda: self.driver.execute_script("return window.greeted") == len(tokens), "the sockets are open")
        tab = self.driver.current_window_handle
        self.driver.switch_to.window(console)
        self.addCleanup(self.close_tab, tab)
        return tab

    def closed(self, tab):
        """With which codes the sockets of that tab were closed."""
        console = self.driver.current_window_handle
        self.driver.switch_to.window(tab)
        codes = self.driver.execute_script("return window.closeCodes")
        self.driver.switch_to.window(console)
        return codes

    def close_tab(self, tab):
        console = self.driver.current_window_handle
        self.driver.switch_to.window(tab)
        self.driver.close()
        self.driver.switch_to.window(console)

    def test_without_the_token_nothing_is_shown(self):
        self.enter("not the token")
        self.shows("message", "Invalid token")
        self.assertEqual(1, self.refused(401))
        self.assertFalse(self.element("content").is_displayed())
        self.assertEqual("token", self.driver.switch_to.active_element.get_attribute("id"))
        for path in ("overview", "numbers", "plugins", "log"):
            self.assertEqual(401, self.status_of("/api/" + path, "not the token"))
        for path in ("reports", "lobby"):
            self.assertEqual(429, self.status_of("/api/" + path, TOKEN), "who guesses is refused even with the right one")
        self.enter(TOKEN)
        self.shows("message", "Too many wrong tokens.")
        self.assertEqual(1, self.refused(429))

    def test_it_shows_what_runs_and_what_happens(self):
        self.enter_console()
        self.shows("facts", "ready")
        plugins = self.element("plugin-list")
        for name in ("auth", "match", "chat", "lobby", "media"):
            self.shows("plugin-list", f"{name} 1.0.0")
        plugins.find_elements(By.TAG_NAME, "summary")[0].click()
        self.shows("plugin-list", "POST /api/v1/token")
        self.shows("charts", "Requests")

        self.server.make_people(2)
        self.server.sign_in(1)
        self.element("log-filter").send_keys("/api/v1/token")
        self.shows("lines", '"status":200')
        self.assertNotIn(TOKEN, self.element("lines").text)
        picture = self.driver.find_element(By.CSS_SELECTOR, "#charts svg")
        self.assertEqual("img", picture.get_attribute("role"))
        self.assertIn("Requests: now", picture.get_attribute("aria-label"))
        self.press_in("sections", "Close the console")
        self.assertFalse(self.element("content").is_displayed())

        self.enter_console()
        self.shows("lobby-events", "evening")

    def test_a_session_is_revoked_and_its_socket_closes(self):
        self.server.make_people(2)
        tokens = [self.server.sign_in(1)["access_token"] for _ in range(2)]
        phones = self.open_sockets(tokens)
        self.enter_console()
        self.element("who").send_keys("nobody@example.com")
        self.press_in("find-sessions", "Find")
        self.shows("sessions-message", "There is no such account.")
        self.element("who").clear()
        self.element("who").send_keys("demo1@example.com")
        self.press_in("find-sessions", "Find")
        self.shows("sessions-message", "has 2 sessions")

        self.press_in("session-list", "Revoke")
        self.shows("sessions-message", "has 1 session.")
        self.wait(lambda: self.closed(phones) == [1008], "one socket is closed")
        self.assertEqual("sessions-title", self.driver.switch_to.active_element.get_attribute("id"))
        self.press_in("session-list", "Revoke")
        self.shows("sessions-message", "has 0 sessions")
        self.wait(lambda: self.closed(phones) == [1008, 1008], "both sockets are closed")
        self.element("log-filter").send_keys("sessions were revoked")
        self.shows("lines", "sessions were revoked")

    def test_a_report_is_reviewed(self):
        self.server.make_people(2)
        first, second = self.server.sign_in(1), self.server.sign_in(2)
        report = {"reported_user_id": second["user_id"], "category": "spam", "reason": "<b>sells</b> things"}
        self.server.call("/api/v1/user/report", token=first["access_token"], body=report)
        self.enter_console()
        self.shows("report-list", "spam: <b>sells</b> things")
        self.press_in("report-list", "Mark as reviewed")
        self.shows("reports-message", "Nothing waits for a review.")
        self.assertEqual("", self.element("report-list").text)

    def test_everybody_can_use_it(self):
        self.check_accessible()
        self.server.make_people(2)
        token = self.server.sign_in(1)["access_token"]
        report = {"reported_user_id": 2, "category": "other", "reason": "a reason that goes on and on, " * 10}
        self.server.call("/api/v1/user/report", token=token, body=report)
        self.enter_console()
        self.shows("report-list", "a reason")
        self.element("who").send_keys("1")
        self.press_in("find-sessions", "Find")
        self.shows("sessions-message", "has 1 session.")
        self.shows("charts", "Requests")
        self.check_accessible()
        self.check_fits(360)
        order = self.tab_order()
        for name in ("Now", "Close the console", "E-mail or user id", "Find", "Lines of the log, newest first"):
            self.assertIn(name, order)
        self.assertLess(order.index("Close the console"), order.index("Find"))
        self.assertLess(order.index("Find"), order.index("Lines of the log, newest first"))


_OPEN_SOCKETS = """
const [server, tokens] = arguments;
window.greeted = 0;
window.closeCodes = [];
for (const token of tokens) {
    const socket = new WebSocket(`${server}/api/v1/ws/chat?token=${token}`);
    socket.onmessage = () => ++window.greeted;
    socket.onclose = ({ code }) => window.closeCodes.push(code);
}
"""


if __name__ == "__main__":
    unittest.main(verbosity=2)
