"""What a backbone has learned from ImageNet, by others: from a channel, or downloaded. Only training asks for it."""

import glob
import os

import torch

SOURCES = ("none", "channel", "download")
# The first recipe of torchvision: scores on ImageNet are lower than of the second, features for other classes are better.
RECIPE = "IMAGENET1K_V1"


def describe_source(backbone):
    from torchvision import models

    return models.get_weight(f"{backbone.replace('resnet', 'ResNet')}_Weights.{RECIPE}").url


def find_weights(backbone, source):
    """Tensors by name, or None for `none`: then nothing is known beforehand, and all layers are trained."""
    if source == "none":
        return None
    if backbone == "tiny":
        raise ValueError("The backbone tiny has no weights of others: say --weights none, or --backbone resnet50.")
    return read_channel(backbone) if source == "channel" else download(backbone)


def read_channel(backbone):
    folder = os.environ.get("SM_CHANNEL_WEIGHTS")
    how = f"put {os.path.basename(describe_source(backbone))} from {describe_source(backbone)} there"
    if not folder:
        raise ValueError(f"--weights channel needs a channel `weights` (SM_CHANNEL_WEIGHTS). There is none: add it, and {how}.")
    paths = sorted(glob.glob(os.path.join(glob.escape(folder), f"{backbone}*.pth")))
    if len(paths) != 1:
        raise ValueError(f"The channel `weights` must hold one {backbone}*.pth, and holds {len(paths)}: {how}.")
    try:
        return torch.load(paths[0], map_location="cpu", weights_only=True)
    except Exception as error:  # of a dozen kinds: pickle's, zip's, torch's own
        raise ValueError(f"{paths[0]} is not a file of weights: {error}") from error


def download(backbone):
    url = describe_source(backbone)
    try:
        return torch.hub.load_state_dict_from_url(url, map_location="cpu", progress=False, check_hash=True)
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"{url} could not be downloaded: {error}. A job in isolation or in a subnet without a way out downloads nothing: "
            f"put that file into S3, add it as the channel `weights` and say --weights channel."
        ) from error
