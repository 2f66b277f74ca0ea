#!/usr/bin/env python3
"""Does the guard tell what breaks the ABI policy, by rule, from what may be done?

usage: abi_guard_test.py INCLUDE LIBRARY COMPILER...
"""
import contextlib
import io
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import abi_guard

INCLUDE, LIBRARY, *COMPILER = sys.argv[1:]
del sys.argv[1:]


class AbiGuardTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.include = self.folder / 'include'
        self.baseline = self.folder / 'baseline'
        shutil.copytree(INCLUDE, self.include)
        shutil.copytree(Path(__file__).parent / 'baseline', self.baseline)

    def guard(self, action='check'):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = abi_guard.main([action, self.baseline, self.include, LIBRARY, self.folder / 'work', *COMPILER])
        return code, said.getvalue()

    def change(self, header, before, after):
        file = self.include / 'linkup/sdk' / header
        text = file.read_text()
        self.assertIn(before, text, f'{header} has changed; so must this test')
        file.write_text(text.replace(before, after, 1))

    def raise_minor(self):
        minor = abi_guard.Headers(self.include).version[1]
        self.change('version.h', f'kAbiMinor = {minor}', f'kAbiMinor = {minor + 1}')

    def assert_breaks(self, rule, said, *parts):
        """One block of the output names the rule, and in it all of `parts`."""
        blocks = [block for block in said.split('\n\n') if f'Rule {rule} ' in block]
        self.assertTrue(blocks or said.startswith(f'\nRule {rule} '), said)
        for part in parts:
            self.assertIn(part, ''.join(blocks), said)

    def test_what_was_there_may_not_change(self):
        self.change('cache.h', '    virtual void remove(std::string_view key) = 0;\n', '')
        self.change('clock.h', '    virtual Time now()', '    virtual void early() = 0;\n    virtual Time now()')
        self.change('error.h', '    kConflict,', '    kTeapot,\n    kConflict,')
        self.change('task.h', 'std::int64_t fencing_token', 'int fencing_token')
        self.change('bus.h', 'virtual bool connected()', 'virtual int connected()')
        (self.baseline / 'symbols.txt').write_text((self.baseline / 'symbols.txt').read_text() + '_ZN6linkup3sdk4goneEv\n')
        self.raise_minor()
        code, said = self.guard()
        self.assertEqual(1, code)
        self.assert_breaks(1, said, 'Cache::remove', 'Clock::now() const changed from 2 to 3', "'linkup::sdk::ErrorCode::kConflict'",
                           'fencing_token', "Bus: return type changed: type name changed from 'bool' to 'int'",
                           'no longer exports _ZN6linkup3sdk4goneEv', 'waits for the next major')
        self.assertEqual(1, self.guard('record')[0], 'what breaks a rule cannot be made the baseline')

    def test_what_plugins_make_and_what_both_hold_never_grows(self):
        self.change('socket.h', '    virtual void onClose(const std::shared_ptr<SocketSession>& session, std::uint16_t code) = 0;',
                    '    virtual void onClose(const std::shared_ptr<SocketSession>& session, std::uint16_t code) = 0;\n'
                    '    virtual void onPing() = 0;')
        self.change('http.h', '    bool answers_head = false;', '    bool cached = false;\n    bool answers_head = false;')
        self.change('principal.h', '    std::string email;', '    std::string email;\n    bool old = false;')
        self.change('services/chats.h', '    virtual std::vector<ChatSummary> summaries',
                    '    virtual void more() = 0;\n    virtual std::vector<ChatSummary> summaries')
        self.raise_minor()
        code, said = self.guard()
        self.assertEqual(1, code)
        self.assert_breaks(3, said, 'SocketHandler: a new virtual function onPing()', 'RouteSpec: a new member cached',
                           'Principal: a new member old', 'Chats: a new virtual function more()', 'Undo it')

    def test_what_the_host_makes_grows_with_the_minor_version_which_is_recorded_then(self):
        self.change('bus.h', 'std::vector<TracedMessage> messages) = 0;',
                    'std::vector<TracedMessage> messages) = 0;\n    virtual void flush() = 0;')
        self.change('task.h', '    std::int64_t fencing_token = 0;', '    std::int64_t fencing_token = 0;\n    std::string node;')
        code, said = self.guard()
        self.assertEqual(1, code)
        self.assert_breaks(2, said, 'Bus: a new virtual function flush()', 'TaskRun: a new member node', 'Raise kAbiMinor')
        self.assertNotIn('Rule 1', said)
        self.assertNotIn('Rule 3', said)

        self.raise_minor()
        code, said = self.guard()
        self.assertEqual(1, code)
        self.assertIn('Nothing broke', said)
        self.assertIn('record_abi', said)
        self.assertNotIn('Rule', said)
        self.assertEqual(0, self.guard('record')[0])
        self.assertEqual(0, self.guard()[0])

    def test_every_public_class_says_whose_it_is(self):
        self.change('mailer.h', 'Made by: plugin', 'Made')
        code, said = self.guard()
        self.assertEqual(1, code)
        self.assert_breaks(7, said, 'Mail in linkup/sdk/mailer.h')


if __name__ == '__main__':
    unittest.main()
