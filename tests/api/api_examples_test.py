#!/usr/bin/env python3
"""Every schema in the daemon's descriptions is a JSON Schema, every example fits its own, every reference leads somewhere.

usage: api_examples_test.py PROGRAM
"""

import json
import subprocess
import sys
import unittest

import jsonschema

PROGRAM = sys.argv.pop(1)


def describe(option):
    return json.loads(subprocess.run([PROGRAM, option], check=True, capture_output=True, text=True).stdout)


def walk(node, path=()):
    """All objects below a node, with where they are."""
    if isinstance(node, dict):
        yield path, node
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from walk(value, (*path, key))


class Descriptions(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.openapi = describe("--openapi")
        cls.asyncapi = describe("--asyncapi")
        cls.operations = [(method.upper() + " " + path, operation) for path, methods in cls.openapi["paths"].items()
                          for method, operation in methods.items()]

    def check(self, document, schema, example, where):
        jsonschema.Draft202012Validator.check_schema(schema)
        resolver = jsonschema.RefResolver("", document)
        faults = [fault.message for fault in
                  jsonschema.Draft202012Validator(schema, resolver=resolver).iter_errors(example)]
        self.assertEqual([], faults, where)

    def test_all_plugins_are_described(self):
        tags = {operation["tags"][0] for _, operation in self.operations}
        self.assertLessEqual({"plugin " + name for name in ("auth", "chat", "match", "media")}, tags)
        self.assertEqual({"/api/v1/ws/chat", "/api/v1/ws/connections", "/api/v1/ws/lobby"},
                         {channel["address"] for channel in self.asyncapi["channels"].values()})

    def test_every_operation_has_a_summary_and_an_id_of_its_own(self):
        self.assertEqual([], [name for name, operation in self.operations if not operation["summary"]])
        ids = [operation["operationId"] for _, operation in self.operations]
        self.assertEqual(len(ids), len(set(ids)))

    def test_examples_of_bodies_and_replies_fit_their_schemas(self):
        found = 0
        for where, node in walk(self.openapi["paths"]):
            if "schema" in node and "example" in node:
                self.check(self.openapi, node["schema"], node["example"], where)
                found += 1
        self.assertGreater(found, 200)

    def test_every_json_body_has_an_example(self):
        without = [name for name, operation in self.operations
                   for kind, content in operation.get("requestBody", {}).get("content", {}).items()
                   if kind == "application/json" and "example" not in content]
        # A rule of these goes over several members, or over what is there already: no value fits in general.
        self.assertLessEqual(len(without), 3, without)

    def test_every_refusal_and_failure_has_an_example(self):
        for name, operation in self.operations:
            for status, reply in operation["responses"].items():
                if int(status) >= 400:
                    self.assertIn("example", reply["content"]["application/json"], f"{name}: {status}")

    def test_examples_of_events_fit_their_schemas(self):
        found = 0
        for where, node in walk(self.asyncapi):
            for example in node.get("examples", []) if "payload" in node else []:
                self.check(self.asyncapi, node["payload"], example["payload"], where)
                found += 1
        self.assertGreaterEqual(found, 10)

    def test_references_lead_somewhere(self):
        for document in (self.openapi, self.asyncapi):
            resolver = jsonschema.RefResolver("", document)
            for _, node in walk(document):
                if isinstance(node.get("$ref"), str):
                    resolver.resolve(node["$ref"])


unittest.main()
