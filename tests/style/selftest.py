#!/usr/bin/env python3
"""Does each rule catch what it forbids, and let pass what is right?

usage: selftest.py COMPILER    (arguments after it go to unittest)
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import exported_symbols
import forbidden_words
import headers_alone
import include_rules
import packages

COMPILER = sys.argv.pop(1) if len(sys.argv) > 1 else "c++"

CLEAN_TREE = {
    "sdk/include/linkup/sdk/http.h": "#pragma once\n#include <string>\n",
    "sdk/include/linkup/sdk/socket.h": "#pragma once\n#include <linkup/sdk/http.h>\n",
    "sdk/include/linkup/sdk/database.h": "#pragma once\n",
    "sdk/src/parse.h": "#pragma once\n#include <simdjson.h>\n",
    "sdk/src/parse.cpp": '#include "parse.h"\n#include "linkup/sdk/http.h"\n',
    "sdk/template/hello.cpp": "#include <linkup/sdk/http.h>\n",
    "daemon/services/database.h": '#pragma once\n#include "linkup/sdk/database.h"\n#include <Poco/Data/Session.h>\n',
    "daemon/gateway/listener.cpp": '#include <boost/beast/http.hpp>\n#include "../services/database.h"\n',
    "daemon/plugins/plugin_library.cpp": "#include <boost/dll/shared_library.hpp>\n",
    "plugins/chat/chat_service.h": '#pragma once\n#include "chat_store.h"\n#include "linkup/sdk/database.h"\n',
    "plugins/chat/chat_store.h": "#pragma once\n",
    "plugins/chat/chat_endpoints.cpp": '#include "chat_service.h"\n#include <linkup/sdk/http.h>\n',
    "plugins/auth/auth_store.h": "#pragma once\n",
    "tests/plugins/chat/chat_test.cpp": '#include "chat_service.h"\n#include "daemon/services/database.h"\n',
    "tests/bench/bare_server.cpp": "#include <boost/beast/core.hpp>\n",
    "build/release/bad.h": '#include <boost/beast/core.hpp>\n/hom' + "e/someone/\n",
}


class TreeTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, files):
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)


class IncludeRules(TreeTest):
    def setUp(self):
        super().setUp()
        self.write(CLEAN_TREE)

    def catches(self, file, include, words):
        self.write({file: f"#pragma once\n\n#include {include}\n"})
        faults, _ = include_rules.check(self.root)
        self.assertEqual(len(faults), 1, faults)
        self.assertTrue(faults[0].startswith(f"{file}:3: "), faults)
        self.assertIn(words, faults[0])

    def test_clean_tree_passes(self):
        faults, looked_at = include_rules.check(self.root)
        self.assertEqual(faults, [])
        self.assertEqual(looked_at, len(CLEAN_TREE) - 1, "the build folder is no part of the tree")

    def test_sdk_includes_daemon(self):
        self.catches("sdk/src/bad.cpp", '"daemon/services/database.h"', "sdk may not include daemon")

    def test_sdk_includes_plugin(self):
        self.catches("sdk/src/bad.cpp", '"chat_store.h"', "sdk may not include plugins/chat")

    def test_template_includes_daemon(self):
        self.catches("sdk/template/bad.cpp", '"services/database.h"', "sdk/template may not include daemon")

    def test_public_header_includes_poco(self):
        self.catches("sdk/include/linkup/sdk/bad.h", "<Poco/Timespan.h>", "a public header of the SDK")

    def test_public_header_includes_simdjson(self):
        self.catches("sdk/include/linkup/sdk/testing/bad.h", "<simdjson.h>", "a public header of the SDK")

    def test_daemon_includes_plugin(self):
        self.catches("daemon/services/bad.cpp", '"auth_store.h"', "daemon may not include plugins/auth")

    def test_daemon_includes_plugin_by_long_path(self):
        self.catches("daemon/bad.cpp", '"plugins/auth/auth_store.h"', "daemon may not include plugins/auth")

    def test_plugin_includes_daemon(self):
        self.catches("plugins/chat/bad.cpp", '"daemon/services/database.h"', "plugins/chat may not include daemon")

    def test_plugin_includes_other_plugin(self):
        self.catches("plugins/chat/bad.cpp", '"../auth/auth_store.h"', "plugins/chat may not include plugins/auth")

    def test_plugin_includes_beast(self):
        self.catches("plugins/chat/bad.cpp", "<boost/beast.hpp>", "Boost.Beast")

    def test_daemon_outside_gateway_includes_beast(self):
        self.catches("daemon/services/bad.h", "<boost/beast/websocket.hpp>", "Boost.Beast")

    def test_plugin_manager_includes_dll(self):
        self.catches("daemon/plugins/plugin_manager.cpp", "<boost/dll.hpp>", "Boost.DLL")

    def test_plugin_includes_dll(self):
        self.catches("plugins/chat/bad.cpp", "<boost/dll/import.hpp>", "Boost.DLL")

    def test_service_includes_http(self):
        self.catches("plugins/chat/room_service.cpp", "<linkup/sdk/http.h>", "a service knows neither")

    def test_service_includes_socket(self):
        self.catches("plugins/chat/room_service.h", '"linkup/sdk/socket.h"', "a service knows neither")

    def test_service_includes_poco_data(self):
        self.catches("plugins/chat/chat_service_batch.cpp", "<Poco/Data/Session.h>", "a service knows neither")

    def test_service_includes_poco_net(self):
        self.catches("plugins/chat/room_service.cpp", "<Poco/Net/HTTPClientSession.h>", "a service knows neither")


class ForbiddenWords(TreeTest):
    def faults(self, text, name="file.cpp"):
        self.write({name: text})
        return forbidden_words.check(self.root)[0]

    def test_right_words_pass(self):
        self.assertEqual(self.faults('"/api/v1/homework/"; // a/tmp/b, $root/work/x, mkdtemp("XXXXXX")\n======\n'), [])

    def test_paths_of_a_machine(self):
        for path in ("/hom" + "e/me/x", "/wor" + "k/main", "/roo" + "t/.ssh/x", "/tm" + "p/x"):
            self.assertEqual(len(self.faults(f'open("{path}")\n')), 1, path)

    def test_marks(self):
        for line in ("// TO" + "DO: later", "# FIX" + "ME", "<" * 7 + " HEAD", "=" * 7, "int x;  ", "\tx;\t"):
            self.assertEqual(len(self.faults(line + "\n")), 1, line)

    def test_markdown_may_break_lines(self):
        self.assertEqual(self.faults("one  \ntwo\n", "README.md"), [])

    def test_this_tree_has_no_exception_for_its_own_rules(self):
        here = pathlib.Path(__file__).parent
        self.assertEqual(forbidden_words.check(here)[0], [])


class HeadersAlone(TreeTest):
    def check(self):
        return headers_alone.check(self.root / "include", self.root / "work", [COMPILER])

    def test_good_and_bad(self):
        self.write({"include/a.h": "#pragma once\n#include <string>\ninline std::string a() { return {}; }\n",
                    "include/b.h": '#pragma once\n#include "a.h"\ninline std::string b() { return a(); }\n'})
        self.assertEqual(self.check(), ([], 2))
        self.write({"include/c.h": "#pragma once\ninline std::string c();\n"})
        faults, _ = self.check()
        self.assertEqual(len(faults), 1)
        self.assertTrue(faults[0].startswith("c.h does not compile alone"))


class ExportedSymbols(TreeTest):
    def compile(self, name, text):
        self.write({f"{name}.cpp": text})
        subprocess.run([COMPILER, "-shared", "-fPIC", "-fvisibility=hidden", "-o", self.root / f"{name}.so",
                        self.root / f"{name}.cpp"], check=True)

    def test_one_symbol_passes_two_do_not(self):
        exported = '__attribute__((visibility("default")))'
        descriptor = f'extern "C" {exported} const int {exported_symbols.DESCRIPTOR};\n' \
                     f'const int {exported_symbols.DESCRIPTOR} = 1;\nint hidden() {{ return 2; }}\n'
        self.compile("good", descriptor)
        self.assertEqual(exported_symbols.check(self.root), ([], 1))
        self.compile("bad", descriptor + f"namespace n {{ {exported} int leaks() {{ return 3; }} }}\n")
        faults, looked_at = exported_symbols.check(self.root)
        self.assertEqual((len(faults), looked_at), (1, 2))
        self.assertIn("bad.so: exports 2 symbols", faults[0])
        self.assertIn("n::leaks()", faults[0])

    def test_no_symbol_is_a_fault(self):
        self.compile("none", "int hidden() { return 2; }\n")
        self.assertEqual(len(exported_symbols.check(self.root)[0]), 1)


class Packages(TreeTest):
    def faults(self, text):
        self.write({"packages.txt": text})
        return packages.check(self.root / "packages.txt")[0]

    def test_good_list_passes(self):
        self.assertEqual(self.faults("# all\n\n[build]\ng++   # compiler\n[test]\nlibx-dev # tests\n"), [])

    def test_faults(self):
        self.assertEqual(len(self.faults("[build]\ncmake # build\n[test]\ncmake # build\n")), 1)
        self.assertEqual(len(self.faults("[build]\ncmake\n")), 1)
        self.assertEqual(len(self.faults("cmake # build\n")), 1)


if __name__ == "__main__":
    unittest.main()
