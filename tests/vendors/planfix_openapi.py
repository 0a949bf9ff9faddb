"""Planfix's own OpenAPI specification as a check of every request and reply.

Source: `planfix-openapi.json` beside this file, "Planfix REST API" 1.6.9, published by the vendor at
help.planfix.com/restapidocs/swagger.json. Strict where the specification is sound: unknown paths, unknown keys and wrong types are
errors, in requests and in replies. Lenient where it is known to be defective (vendor contract, section 8, spec defects), each place
named below.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

SPEC: dict[str, Any] = json.loads(Path(__file__).with_name("planfix-openapi.json").read_text())
_PERSON = r"^((user|contact|group):)?\d+$"

# The help pages name more than the enums of numbers do: filter types (38 and 4026 of contacts), operators, field types (28, 29).
# Some of these numbers are texts with a comment ("3000 // Comment date"), and all languages stand in one text.
_COMMENTED = re.compile(r" // | - ")

# Keys that the vendor's examples, help pages or live replies have, and the schemas lack.
_ALSO: dict[str, dict[str, Any]] = {
    "TaskResponse": {"dateOfLastComment": {"$ref": "#/$defs/TimePoint"}},
    "CustomFieldValueResponse": {"stringValue": {"type": "string"}},
    "FileResponse": {"downloadUrl": {"type": "string"}},
    "BaseEntity": {"name": {"type": "string"}},
}
# Schemas whose ids also come with a prefix: PersonRequest is "a string of format int64", `prefixedId` prefixes top-level ids.
_PREFIXED = {"PersonRequest", "PersonResponse", "ContactResponse", "UserResponse"}
# Statuses seen of live accounts, which the specification lacks: a download that gives the bytes at once.
_SEEN = {("get", "/file/{id}/download"): {"200"}}


def check_request(method: str, path: str, json_body: Any) -> None:
    """Hold a request against the specification; the path may carry `/rest` and a query. Raises AssertionError with the place."""
    template = _template(method, path)
    content = SPEC["paths"][template][method.lower()].get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return
    if "application/json" not in content:
        assert not json_body, f"{method} {path}: the specification has no body here"
        return
    _hold(f"{method} {path}", _request_validator(template, method.lower()), {} if json_body is None else json_body)


def check_reply(method: str, path: str, status: int, json_body: Any) -> None:
    """Hold a reply against the specification; None is an empty or binary body. Raises AssertionError with the place.

    A failure envelope is good with any status but 201: the help pages name more of them than the specification.
    """
    place = f"{method} {path} -> {status}"
    template = _template(method, path)
    if isinstance(json_body, dict) and json_body.get("result") == "fail":
        assert status != 201, f"{place}: a failure"
        assert set(json_body) - {"timeToReset"} == {"result", "code", "error"}, f"{place}: {json_body}"
        assert isinstance(json_body["code"], int), f"{place}: {json_body}"
        assert isinstance(json_body["error"], str), f"{place}: {json_body}"
        return
    responses = SPEC["paths"][template][method.lower()]["responses"]
    if str(status) in _SEEN.get((method.lower(), template), ()):
        return
    assert str(status) in responses, f"{place}: the specification has {sorted(responses)}"
    if "application/json" not in responses[str(status)].get("content", {}):
        assert json_body is None, f"{place}: the specification has no body here"
        return
    if json_body is not None:
        _hold(place, _reply_validator(template, method.lower(), str(status)), json_body)


def _template(method: str, path: str) -> str:
    """The path of the specification that this path is; one without parameters goes first."""
    bare = path.partition("?")[0].removeprefix("/rest")
    for template in sorted(SPEC["paths"], key=lambda one: one.count("{")):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, bare) and method.lower() in SPEC["paths"][template]:
            return str(template)
    raise AssertionError(f"{method} {bare}: not in the specification")


def _hold(place: str, validator: Draft202012Validator, value: Any) -> None:
    if (error := best_match(validator.iter_errors(value))) is not None:
        where = "/".join(str(part) for part in error.absolute_path)
        raise AssertionError(f"{place}: at {where or 'the top'}: {error.message[:300]}")


@cache
def _request_validator(template: str, method: str) -> Draft202012Validator:
    body = SPEC["paths"][template][method]["requestBody"]["content"]["application/json"]
    return _validator(body["schema"])


@cache
def _reply_validator(template: str, method: str, status: str) -> Draft202012Validator:
    schema = SPEC["paths"][template][method]["responses"][status]["content"]["application/json"]["schema"]
    envelope = {**schema, "properties": {"result": {"type": "string"}, **schema.get("properties", {})}}
    return _validator(envelope)


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**_convert("", schema), "$defs": _definitions()})


@cache
def _definitions() -> dict[str, Any]:
    return {name: _named(name, schema) for name, schema in SPEC["components"]["schemas"].items()}


def _named(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    if name == "TimePoint":
        # A date is also written as a text ("01-01-2023 12:15:00"), and a checklist's is read as one.
        return {"anyOf": [{"type": "string"}, _convert(name, schema)]}
    converted = _convert(name, schema)
    if name in _PREFIXED:
        converted["properties"]["id"] = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": _PERSON}]}
    if name in ("CustomFieldValueRequest", "CustomFieldValueResponse"):
        converted["properties"]["value"] = {}  # "object" in the specification, anything in its examples
    if name == "ComplexDataTagFilter":
        converted["required"] = ["type", "operator", "value"]  # examples by the entry's task have no field
    converted.get("properties", {}).update(_ALSO.get(name, {}))
    return converted


def _convert(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of OpenAPI 3.0 as a closed JSON Schema: no key beyond its properties."""
    if "$ref" in schema:
        return {"$ref": schema["$ref"].replace("#/components/schemas/", "#/$defs/")}
    if "allOf" in schema:
        return _merged([_convert("", part) for part in schema["allOf"]])
    if "anyOf" in schema:
        return {}  # `anyOf: [{}]`: a filter's value, a birth date
    converted = {key: schema[key] for key in ("type", "required", "maxLength", "minLength") if key in schema}
    if "minimum" in schema or "maximum" in schema:
        bounds = ("minimum", "maximum") if schema.get("type") in ("integer", "number") else ()
        converted |= {key: schema[key] for key in bounds if key in schema}
    if name != "operator" and all(
        isinstance(one, str) and not _COMMENTED.search(one) for one in schema.get("enum", [1])
    ):
        converted["enum"] = schema["enum"]
    if "items" in schema:
        converted["items"] = _convert("", schema["items"])
    if "properties" in schema:
        converted["properties"] = {key: _property(key, value) for key, value in schema["properties"].items()}
        converted["additionalProperties"] = False
    return converted


def _property(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    if name == "failures":
        # One object in the examples, an array in the schema.
        return {"anyOf": [_convert("", schema), _convert("", schema["items"])]}
    if name == "resultOrder":
        # The lists of one object misspell `field` as `filed`.
        row = {"field": {"enum": ["id", "dateTime"]}, "direction": {"enum": ["Asc", "Desc"]}}
        return {"type": "array", "items": {"type": "object", "properties": row, "additionalProperties": False}}
    return _convert(name, schema)


def _merged(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """One part stands for itself; several are open to one another and closed together."""
    if len(parts) == 1:
        return parts[0]
    opened = []
    for part in parts:
        resolved = _definition(part["$ref"]) if "$ref" in part else part
        opened.append({key: value for key, value in resolved.items() if key != "additionalProperties"})
    return {"allOf": opened, "unevaluatedProperties": False}


def _definition(reference: str) -> dict[str, Any]:
    name = reference.rsplit("/", 1)[1]
    return _named(name, SPEC["components"]["schemas"][name])
