"""
Serves the model: images in, one score a class out. SageMaker's PyTorch images and the local cloud call these four functions.

In     the bytes of one image, image/jpeg or image/png; or JSON {"instances": ["<base64>", ...]} with one or several
Out    [[score of each class], ...], one list an image; with `Accept: application/json; verbose=1`
       {"predictions": [{"class", "probability", "top": [the best five with "class", "index", "probability"], "scores"}, ...]}
"""

import base64
import binascii
import json
from http import HTTPStatus

import torch

import network
from images import decode, to_pixels

try:
    from sagemaker_inference.errors import BaseInferenceToolkitError
except ImportError:  # what SageMaker's server looks at in its own error

    class BaseInferenceToolkitError(Exception):
        def __init__(self, status_code, message, phrase):
            super().__init__(status_code, message, phrase)
            self.status_code, self.message, self.phrase = status_code, message, phrase


MAX_INSTANCES = 32
TOP = 5


class Refusal(BaseInferenceToolkitError):
    """A request that is wrong in itself: answered with a status of the 400s and the reason."""

    def __init__(self, message, status=HTTPStatus.BAD_REQUEST):
        super().__init__(int(status), message, status.phrase)

    def __str__(self):
        return self.message


def read_type(text):
    kind, *parameters = [part.strip().lower() for part in (text or "").split(";")]
    return kind, parameters


def model_fn(model_dir):
    """The network and its description. All of it lies in the folder: nothing is downloaded."""
    net, description = network.load(model_dir)
    return net.to("cuda" if torch.cuda.is_available() else "cpu"), description


def input_fn(body, content_type):
    """The bytes of each image."""
    kind, _ = read_type(content_type)
    if kind in ("image/jpeg", "image/jpg", "image/png"):
        if not body:
            raise Refusal("The body is empty: send the bytes of an image.")
        return [bytes(body)]
    if kind == "application/json":
        return read_json(body)
    raise Refusal("The content type must be image/jpeg, image/png or application/json.", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def read_json(body):
    try:
        content = json.loads(bytes(body, "utf-8") if isinstance(body, str) else bytes(body))
    except (ValueError, RecursionError) as error:
        raise Refusal("The body is not JSON.") from error
    if not isinstance(content, dict) or set(content) != {"instances"} or not isinstance(content["instances"], list):
        asks = isinstance(content, dict) and "url" in content
        hint = " This endpoint fetches no addresses; the function in front of it does." if asks else ""
        raise Refusal(f'The body must be {{"instances": ["<image as base64>", ...]}}.{hint}')
    instances = content["instances"]
    if not 1 <= len(instances) <= MAX_INSTANCES:
        raise Refusal(f"instances must hold 1 to {MAX_INSTANCES} images, not {len(instances)}.")
    return [read_base64(text, number) for number, text in enumerate(instances)]


def read_base64(text, number):
    if not isinstance(text, str):
        raise Refusal(f"instances[{number}] must be a text, an image as base64, not a {type(text).__name__}.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal(f"instances[{number}] is not base64.") from error


def predict_fn(contents, model):
    """Scores (n, classes) and the names of the classes."""
    net, description = model
    pixels = torch.stack([read_pixels(content, number, description["image-size"]) for number, content in enumerate(contents)])
    with torch.no_grad():
        scores = net(pixels.to(next(net.parameters()).device)).cpu()
    return scores, description["classes"]


def read_pixels(content, number, size):
    try:
        return to_pixels(decode(content), size)
    except ValueError as error:
        raise Refusal(f"Image {number} cannot be read: {error}.") from error


def output_fn(prediction, accept):
    scores, classes = prediction
    kind, parameters = read_type(accept)
    if kind not in ("application/json", "application/*", "*/*", ""):
        raise Refusal("The answer is application/json.", HTTPStatus.NOT_ACCEPTABLE)
    answer = {"predictions": [explain(row, classes) for row in scores]} if "verbose=1" in parameters else scores.tolist()
    return json.dumps(answer), "application/json"


def explain(scores, classes):
    probabilities, numbers = torch.softmax(scores, 0).topk(min(TOP, len(classes)))
    top = [
        {"class": classes[number], "index": number, "probability": probability}
        for number, probability in zip(numbers.tolist(), probabilities.tolist())
    ]
    return {"class": top[0]["class"], "probability": top[0]["probability"], "top": top, "scores": scores.tolist()}
