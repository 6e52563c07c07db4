"""Serves the digits model: JSON in, the probability of each digit out. SageMaker's serving images call these four functions."""

import json
import math
import os

from digits import CLASSES, MAX_GREY, PIXELS
from network import Network

MAX_INSTANCES = 1000


def is_row(row, length):
    return (
        isinstance(row, list)
        and len(row) == length
        and all(isinstance(value, (int, float)) and math.isfinite(value) for value in row)
    )


def model_fn(model_dir):
    path = os.path.join(model_dir, "model.json")
    with open(path, encoding="ascii") as file:
        model = json.load(file)
    if model.get("format") != "digits-1":
        raise ValueError(f"{path} is not a digits model: its format is {model.get('format')!r}.")
    hidden, output = model["hidden"], model["output"]
    if not (hidden and all(is_row(row, PIXELS + 1) for row in hidden)) or not (
        len(output) == CLASSES and all(is_row(row, len(hidden) + 1) for row in output)
    ):
        raise ValueError(f"{path} holds weights that do not fit together.")
    return Network(hidden, output)


def parse_image(image, name):
    if not isinstance(image, list) or len(image) != PIXELS:
        seen = f"{len(image)} values" if isinstance(image, list) else f"a {type(image).__name__}"
        raise ValueError(f"{name} must be a list of {PIXELS} grey values (8 rows of 8), not {seen}.")
    for position, value in enumerate(image):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MAX_GREY:
            raise ValueError(f"{name}[{position}] must be a number from 0 to {MAX_GREY}, not {json.dumps(value)}.")
    return [value / MAX_GREY for value in image]


def input_fn(body, content_type):
    """`{"instances": [[64 grey values], ...]}`, or one list of 64, or a list of such lists."""
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise ValueError(f"The content type must be application/json, not {content_type}.")
    try:
        content = json.loads(body)
    except ValueError as error:
        raise ValueError(f"The body is not JSON: {error}.") from error
    if isinstance(content, dict):
        if set(content) != {"instances"}:
            raise ValueError(f"The body must have the one member `instances`, not {', '.join(sorted(content)) or 'none'}.")
        content = content["instances"]
    if not isinstance(content, list) or not content:
        raise ValueError("The body holds no image: send a list of images, each a list of 64 grey values.")
    images = content if isinstance(content[0], list) else [content]
    if len(images) > MAX_INSTANCES:
        raise ValueError(f"At most {MAX_INSTANCES} images a request, not {len(images)}.")
    return [parse_image(image, f"image {number}") for number, image in enumerate(images)]


def predict_fn(images, model):
    return [model.forward(image)[1] for image in images]


def output_fn(scores, accept):
    """`[[10 probabilities], ...]`, one list an image."""
    if accept.split(";")[0].strip().lower() not in ("application/json", "*/*", ""):
        raise ValueError(f"The answer is application/json, not {accept}.")
    return json.dumps(scores), "application/json"
