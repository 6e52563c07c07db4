"""Checks journalled requests against botocore's own service models.

Standard input: a JSON list of {"service": <SDK client name>, "operation": <name>, "input": {...}}.
Standard output: {"problems": [{"number": <index>, "problems": [<text>, ...]}, ...], "checked": <count>,
"operations": [<service.operation>, ...]}, with one entry for each request that has any problem.

Checked: required members, unknown members, types, enums, patterns, lengths and ranges. Requests come from the local cloud's journal,
which keeps times as ISO 8601, bytes as {"bytes": <length>} and secrets as "***"; of a secret nothing but its presence is known.
"""

import datetime
import json
import re
import sys

import botocore.model
import botocore.session

SECRET = "***"
CLIENTS = {"application-auto-scaling": "application-autoscaling", "cloudwatch-logs": "logs"}


def pattern_matches(pattern, value):
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # a few patterns are Java's own dialect
        return True


def check(shape, value, path):
    metadata = shape.metadata
    kind = shape.type_name
    if value == SECRET:
        return
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{path}: not a structure"
            return
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"{path}.{name}: required"
        for name, member in value.items():
            if name not in shape.members:
                yield f"{path}.{name}: unknown member"
            elif member is not None:
                yield from check(shape.members[name], member, f"{path}.{name}")
    elif kind == "list":
        if not isinstance(value, list):
            yield f"{path}: not a list"
            return
        yield from check_range(metadata, len(value), path, "items")
        for index, item in enumerate(value):
            yield from check(shape.member, item, f"{path}[{index}]")
    elif kind == "map":
        if not isinstance(value, dict):
            yield f"{path}: not a map"
            return
        yield from check_range(metadata, len(value), path, "entries")
        for key, item in value.items():
            yield from check(shape.key, key, f"{path} key")
            yield from check(shape.value, item, f"{path}.{key}")
    elif kind == "string":
        if not isinstance(value, str):
            yield f"{path}: not a string"
            return
        if shape.enum and value not in shape.enum:
            yield f"{path}: {value!r} is not among {len(shape.enum)} allowed values"
        if "pattern" in metadata and not pattern_matches(metadata["pattern"], value):
            yield f"{path}: {value!r} does not match {metadata['pattern']}"
        yield from check_range(metadata, len(value), path, "characters")
    elif kind in ("integer", "long"):
        if isinstance(value, bool) or not isinstance(value, int):
            yield f"{path}: not an integer"
        else:
            yield from check_range(metadata, value, path, "value")
    elif kind in ("float", "double"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"{path}: not a number"
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield f"{path}: not a boolean"
    elif kind == "timestamp":
        if not is_time(value):
            yield f"{path}: {value!r} is not a time"
    elif kind == "blob":
        size = value.get("bytes") if isinstance(value, dict) else None
        if not isinstance(size, int):
            yield f"{path}: not bytes"
        else:
            yield from check_range(metadata, size, path, "bytes")
    else:
        yield f"{path}: this check does not know the type {kind}"


def is_time(value):
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return False
    if not isinstance(value, str):
        return True
    try:
        datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


def check_range(metadata, number, path, unit):
    if "min" in metadata and number < metadata["min"]:
        yield f"{path}: {number} {unit}, at least {metadata['min']}"
    if "max" in metadata and number > metadata["max"]:
        yield f"{path}: {number} {unit}, at most {metadata['max']}"


def main():
    session = botocore.session.get_session()
    models = {}
    found = []
    operations = set()
    requests = json.load(sys.stdin)
    for number, request in enumerate(requests):
        service = CLIENTS.get(request["service"], request["service"])
        if service not in models:
            models[service] = session.get_service_model(service)
        operations.add(f"{service}.{request['operation']}")
        try:
            operation = models[service].operation_model(request["operation"])
        except botocore.model.OperationNotFoundError:
            found.append({"number": number, "problems": [f"{service} has no operation {request['operation']}"]})
            continue
        if operation.input_shape is None:
            continue
        problems = list(check(operation.input_shape, request["input"] or {}, request["operation"]))
        if problems:
            found.append({"number": number, "problems": problems})
    json.dump({"problems": found, "checked": len(requests), "operations": sorted(operations)}, sys.stdout)


if __name__ == "__main__":
    main()
