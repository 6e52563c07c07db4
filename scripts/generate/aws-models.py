"""Cuts botocore's models down to what the local cloud checks requests with: the inputs of the operations it serves, their enums,
patterns, ranges and lengths. Needs botocore; run by hand when the SDK clients are updated:

    python -m venv /tmp/botocore && /tmp/botocore/bin/pip install botocore
    /tmp/botocore/bin/python scripts/generate/aws-models.py
    npx oxfmt src/cloud/wire/models.json

Writes src/cloud/wire/models.json. botocore is licensed under Apache-2.0; its notice lies beside the file.
"""

import gzip
import json
import pathlib

import botocore

ROOT = pathlib.Path(__file__).parents[2]
DATA = pathlib.Path(botocore.__path__[0]) / "data"
# Where botocore's folder is not the name of the SDK client.
FOLDERS = {"cloudwatch-logs": "logs", "application-auto-scaling": "application-autoscaling"}
METADATA = ("apiVersion", "endpointPrefix", "jsonVersion", "protocols", "serviceId", "signingName", "targetPrefix", "xmlNamespace")
CHECKS = ("type", "required", "union", "enum", "pattern", "min", "max")


def load(service):
    folder = DATA / FOLDERS.get(service, service)
    newest = sorted(folder.iterdir())[-1]
    with gzip.open(newest / "service-2.json.gz") as file:
        return json.load(file)


def cut_shape(shape):
    kept = {name: shape[name] for name in CHECKS if name in shape}
    for name in ("member", "key", "value"):
        if name in shape:
            kept[name] = shape[name]["shape"]
    if "members" in shape:
        kept["members"] = {name: member["shape"] for name, member in shape["members"].items()}
    return kept


def reachable(shapes, roots):
    found, todo = {}, list(roots)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found[name] = cut_shape(shapes[name])
        todo += [found[name][key] for key in ("member", "key", "value") if key in found[name]]
        todo += found[name].get("members", {}).values()
    return dict(sorted(found.items()))


def cut(service, operations):
    model = load(service)
    inputs = {name: model["operations"][name].get("input", {}).get("shape") for name in operations}
    return {
        "metadata": {name: model["metadata"][name] for name in METADATA if name in model["metadata"]},
        "inputs": inputs,
        "shapes": reachable(model["shapes"], filter(None, inputs.values())),
    }


def main():
    operations = json.loads((ROOT / "scripts/generate/aws-operations.json").read_text())
    services = {service: cut(service, names) for service, names in operations.items()}
    models = {"source": f"botocore {botocore.__version__}, Apache-2.0", "services": services}
    (ROOT / "src/cloud/wire/models.json").write_text(json.dumps(models, separators=(",", ":")) + "\n")


main()
