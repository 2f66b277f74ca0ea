#!/usr/bin/env python3
"""The tour of the README, at /try in a real browser: two people side by side.

usage: playground_test.py PROGRAM CONFIGURATION
"""

import unittest

from selenium.webdriver.common.by import By

import server
from browser import BrowserTest

PROGRAM, CONFIG = server.from_command_line()


class Side:
    """One of the two people on the page."""

    def __init__(self, test, label):
        self.test = test
        self.label = label
        self.section = test.driver.find_element(By.CSS_SELECTOR, f"section[aria-label='{label}']")
        parts = self.section.find_elements(By.CSS_SELECTOR, "[data-part]")
        self.parts = {part.get_attribute("data-part"): part for part in parts}

    def part(self, name):
        return self.parts[name]

    def text(self, name):
        return self.part(name).text

    def shows(self, name, text):
        self.test.wait(lambda: text in self.text(name), f"{self.label}: {name} says {text!r}")

    def press(self, name):
        self.test.press(lambda: self.part(name), f"{self.label}: {name}")

    def press_row(self, part, text):
        """The button of the row with that text, once there is one."""
        path = f".//*[@data-part='{part}']/li[contains(., {text!r})]//button"
        self.test.press(lambda: self.section.find_element(By.XPATH, path), f"{self.label}: a row {text!r}")

    def sign_in(self):
        self.test.press(lambda: self.part("enter").find_element(By.TAG_NAME, "button"), f"{self.label}: sign in")
        self.shows("line", "Connected")

    def write(self, *texts):
        for text in texts:
            self.type(text)
            self.part("write").find_element(By.TAG_NAME, "button").click()

    def type(self, text):
        box = self.part("write").find_element(By.NAME, "text")
        self.test.wait(box.is_displayed, f"{self.label}: a chat is open")
        box.send_keys(text)

    def messages(self):
        """Text and state of each, in order."""
        pairs = self.test.driver.execute_script(_MESSAGES, self.part("messages"))
        return [(text, state.split(" · ")[-1]) for text, state in pairs]

    def texts(self):
        return [text for text, _ in self.messages()]

    def state_of(self, text):
        return dict(self.messages()).get(text)

    def has_state(self, text, state):
        self.test.wait(lambda: self.state_of(text) == state, f"{self.label}: {text!r} is {state}")


_MESSAGES = "return [...arguments[0].children].map((item) => [...item.children].map((part) => part.textContent))"


class PlaygroundTest(BrowserTest):
    def setUp(self):
        self.server = server.Server(PROGRAM, CONFIG)
        self.addCleanup(self.stop_server)
        self.open(self.server.url + "/try")
        self.left, self.right = Side(self, "Left side"), Side(self, "Right side")

    def stop_server(self):
        self.driver.get("about:blank")
        self.assertEqual(0, self.server.stop())

    def make_people(self):
        self.driver.find_element(By.ID, "make").click()
        made = self.driver.find_element(By.ID, "made")
        self.wait(lambda: made.text == "There are 20 people now.", "people are made")

    def both_sign_in(self):
        self.make_people()
        self.left.sign_in()
        self.right.sign_in()

    def match_and_open_chat(self):
        self.both_sign_in()
        self.left.press("like")
        self.right.press_row("people", "likes you")
        self.left.press_row("people", "You matched with")
        self.left.shows("partner", "Chat with")
        self.right.press_row("chats", self.left.text("name"))
        self.right.shows("partner", "Chat with " + self.left.text("name"))

    def test_two_people_like_each_other_match_and_talk(self):
        self.both_sign_in()
        self.left.shows("who", self.right.text("name"))
        self.left.press("like")
        self.right.shows("news", "Somebody likes you.")
        self.right.press("like")
        self.right.shows("news", "It is a match.")
        self.left.shows("people", "You matched with " + self.right.text("name"))

        self.left.press_row("people", "You matched with")
        self.left.write("hello there")
        self.left.has_state("hello there", "delivered")
        self.right.shows("chats", "1 new")
        self.right.press_row("chats", "1 new")
        self.wait(lambda: self.right.texts() == ["hello there"], "the message is there once")
        self.left.has_state("hello there", "seen")

        self.right.type("h")
        self.left.shows("typing", "is typing…")
        self.right.write("i")
        self.wait(lambda: self.left.texts() == ["hello there", "hi"], "the answer comes")
        self.wait(lambda: self.left.text("typing") == "", "nobody is typing any more")
        self.right.has_state("hi", "seen")

    def test_connection_that_was_cut_resumes_without_loss_or_repeat(self):
        self.match_and_open_chat()
        self.left.write("before")
        self.right.shows("messages", "before")

        self.left.press("cut")
        self.left.shows("line", "Connection cut")
        self.left.write("written while cut, 1", "written while cut, 2")
        self.assertEqual("waiting", self.left.state_of("written while cut, 2"))
        missed = [f"missed {number}" for number in range(1, 6)]
        self.right.write(*missed)
        self.right.has_state("missed 5", "sent")
        self.assertEqual(["before", "written while cut, 1", "written while cut, 2"], self.left.texts())

        self.left.press("cut")
        self.left.has_state("written while cut, 2", "seen")
        self.right.has_state("missed 5", "seen")
        expected = ["before", *missed, "written while cut, 1", "written while cut, 2"]
        self.wait(lambda: self.left.texts() == self.right.texts() == expected, "both have all, once, in one order")

    def test_connection_comes_back_by_itself_after_a_restart(self):
        self.match_and_open_chat()
        self.server.restart()
        self.left.shows("line", "Connected")
        self.left.write("still here")
        self.right.shows("messages", "still here")
        self.left.has_state("still here", "seen")
        self.browser.complaints()  # connections that were refused meanwhile

    def test_session_that_was_ended_elsewhere_signs_out(self):
        self.both_sign_in()
        token = self.server.sign_in(1)["access_token"]
        self.server.call("/api/v1/logout-all", token=token, body={})
        self.left.shows("news", "The session was ended.")
        self.assertTrue(self.left.part("enter").is_displayed())
        self.assertEqual("Connected", self.right.text("line"))

    def test_wrong_person_is_told_why(self):
        self.left.press("enter")
        self.left.part("enter").find_element(By.TAG_NAME, "button").click()
        self.left.shows("news", "Invalid username or password")
        self.assertEqual(1, len([c for c in self.browser.complaints() if "status of 400" in c]))

    def test_everybody_can_use_it(self):
        self.check_accessible()
        self.match_and_open_chat()
        self.left.write("hello")
        self.left.has_state("hello", "seen")
        self.check_accessible()
        self.check_fits(360)
        order = self.tab_order()
        for name in ("Make 20 demo people", "Cut the connection", "Sign out", "Like", "Pass", "Messages", "Message", "Send"):
            self.assertIn(name, order)
        self.assertLess(order.index("Make 20 demo people"), order.index("Cut the connection"))
        self.assertLess(order.index("Like"), order.index("Message"))
        self.assertLess(order.index("Message"), order.index("Send"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
