// usage: validate.js OPENAPI_FILE ASYNCAPI_FILE: prints what is wrong with them; exit code 1 if something is.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv from "ajv";

const [openapi, asyncapi] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));
const faults = [];

const routes = new Validator();
const result = await routes.validate(openapi);
if (!result.valid) faults.push(["OpenAPI", result.errors]);
if (routes.version !== "3.1") faults.push(["OpenAPI", `taken for version ${routes.version}`]);

const schema = createRequire(import.meta.url)("@asyncapi/specs/schemas/3.0.0-without-$id.json");
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
const check = ajv.compile(schema);
if (!check(asyncapi)) faults.push(["AsyncAPI", check.errors]);

for (const [which, what] of faults) console.error(which, JSON.stringify(what, null, 2).slice(0, 4000));
console.log(`${Object.keys(openapi.paths).length} paths, ${Object.keys(asyncapi.channels).length} channels, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
