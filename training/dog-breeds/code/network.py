"""The network: a backbone that turns images into features, and a linear head that turns features into one score a class."""

import json
import os
from contextlib import nullcontext

import torch
from torch import nn

BACKBONES = ("resnet50", "resnet18", "tiny")
FORMAT = "dog-breeds-1"
# Of ImageNet, as every published weight of torchvision expects them.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def group_norm(channels):
    # Batch norm would see another batch on every host; this one lets any number of hosts compute the same model.
    return nn.GroupNorm(8, channels)


def make_tiny():
    """Small enough to be trained from nothing in seconds; for tests and rehearsals."""
    layers = []
    for inputs, outputs in ((3, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False), group_norm(outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), 64


def make_resnet(name, weights, norm):
    from torchvision import models  # only here: tiny needs PyTorch alone

    resnet = getattr(models, name)(weights=None, norm_layer=nn.BatchNorm2d if norm == "batch" else group_norm)
    if weights is not None:
        try:
            resnet.load_state_dict(weights)
        except (RuntimeError, TypeError, AttributeError) as error:
            raise ValueError(f"The weights do not fit {name}: {str(error).splitlines()[0]}") from error
    features = resnet.fc.in_features
    resnet.fc = nn.Identity()
    return resnet, features


class Network(nn.Module):
    """From pixels (n, 3, size, size), whole numbers up to 255, to scores (n, classes)."""

    def __init__(self, backbone, classes, norm="group", weights=None):
        super().__init__()
        self.backbone, features = make_tiny() if backbone == "tiny" else make_resnet(backbone, weights, norm)
        self.head = nn.Linear(features, classes)
        self.register_buffer("mean", 255 * torch.tensor(MEAN).view(3, 1, 1))
        self.register_buffer("deviation", 255 * torch.tensor(DEVIATION).view(3, 1, 1))
        self.frozen = weights is not None

    def freeze(self):
        """Nothing but the head learns from here on."""
        self.backbone.requires_grad_(False)
        self.backbone.eval()

    def features(self, pixels):
        inputs = (pixels - self.mean) / self.deviation
        # Half precision where no gradient has to survive it.
        with torch.autocast("cuda") if self.frozen and inputs.is_cuda else nullcontext():
            features = self.backbone(inputs)
        return features.float()

    def forward(self, pixels):
        return self.head(self.features(pixels))


def save(folder, network, description):
    """model.pth, tensors alone, and model.json: all that serving needs."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "model.pth")
    torch.save({name: tensor.cpu() for name, tensor in network.state_dict().items()}, path)
    with open(os.path.join(folder, "model.json"), "w", encoding="utf-8") as file:
        json.dump({"format": FORMAT, **description}, file, indent=2)
    return path


def load(folder):
    """The saved network, ready to predict, and its description. Nothing is downloaded, no code is unpickled."""
    path = os.path.join(folder, "model.json")
    with open(path, encoding="utf-8") as file:
        description = json.load(file)
    if description.get("format") != FORMAT:
        raise ValueError(f"{path} is not a model of this program: its format is {description.get('format')!r}.")
    network = Network(description["backbone"], len(description["classes"]), description["norm"])
    try:
        network.load_state_dict(torch.load(os.path.join(folder, "model.pth"), map_location="cpu", weights_only=True))
    except RuntimeError as error:
        raise ValueError(f"model.pth does not fit {path}: {str(error).splitlines()[0]}") from error
    return network.eval(), description
