"""Folders of images: train/, valid/ and test/, in each one folder a class, as 001.Affenpinscher/."""

import hashlib
import os
import re
import signal

import torch
from torch.utils.data import DataLoader, Dataset

from images import decode, decode_truncated, to_pixels

SPLITS = ("train", "valid", "test")
ENDINGS = (".jpg", ".jpeg", ".png")


def list_visible(folder):
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


def find_root(folder):
    """The folder that holds train/: this one, or the one an archive was packed with."""
    if not os.path.isdir(folder):
        raise ValueError(f"There is no folder {folder}: the images belong into the channel `training`, or say --data.")
    candidates = [folder, *(os.path.join(folder, name) for name in list_visible(folder))]
    roots = [path for path in candidates if os.path.isdir(os.path.join(path, "train"))]
    if len(roots) != 1:
        seen = f"{' and '.join(roots)} have" if roots else f"neither {folder} nor a folder in it has"
        raise ValueError(f"The images must be in train/, valid/ and test/ of one folder; {seen} a train/.")
    return roots[0]


def to_class_name(folder):
    """001.Afghan_hound -> Afghan hound"""
    return re.sub(r"^\d+\.", "", folder).replace("_", " ") or folder


class Images:
    """Every image of the three splits: `samples[split]` is a list of (path below root, number of its class)."""

    def __init__(self, folder):
        self.root = find_root(folder)
        self.folders = [name for name in list_visible(os.path.join(self.root, "train")) if self.is_folder("train", name)]
        if len(self.folders) < 2:
            raise ValueError(f"{self.root}/train has {len(self.folders)} folders; at least two are needed, a class each.")
        self.classes = [to_class_name(name) for name in self.folders]
        self.ignored = []
        self.samples = {split: self.list_samples(split) for split in SPLITS}
        for split in SPLITS:
            if not self.samples[split]:
                raise ValueError(f"{self.root}/{split} holds no image ({', '.join(ENDINGS)}).")

    def is_folder(self, *parts):
        return os.path.isdir(os.path.join(self.root, *parts))

    def list_samples(self, split):
        if not self.is_folder(split):
            raise ValueError(f"There is no folder {self.root}/{split}.")
        unknown = [name for name in list_visible(os.path.join(self.root, split)) if name not in self.folders]
        unknown = [name for name in unknown if self.is_folder(split, name)]
        if unknown:
            raise ValueError(f"{split}/{unknown[0]} is a class that train/ has not ({len(unknown)} such).")
        samples = []
        for number, folder in enumerate(self.folders):
            names = list_visible(os.path.join(self.root, split, folder)) if self.is_folder(split, folder) else []
            fitting = [name for name in names if name.lower().endswith(ENDINGS)]
            self.ignored += [f"{split}/{folder}/{name}" for name in names if name not in fitting]
            samples += [(f"{split}/{folder}/{name}", number) for name in fitting]
        return samples

    def hash(self):
        """Of all names in order: hosts that see other files, or a checkpoint of other files, are told by it."""
        lines = [path for split in SPLITS for path, _ in self.samples[split]]
        return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()[:16]


class Pixels(Dataset):
    """Decodes images by number. A ValueError is handed on as a value: raised in a worker it would lose its words."""

    def __init__(self, root, samples, size):
        self.root, self.samples, self.size = root, samples, size

    def __getitem__(self, number):
        path, label = self.samples[number]
        with open(os.path.join(self.root, path), "rb") as file:
            content = file.read()
        try:
            return self.read(path, content), label
        except ValueError as error:
            return ValueError(f"{path} cannot be read as an image: {error}. Repair or remove it."), label

    def read(self, path, content):
        try:
            image = decode(content)
        except ValueError as error:
            if "truncated" not in str(error):
                raise
            image = decode_truncated(content)
            print(f"{path} ends too early ({error}); the part that is there is used", flush=True)
        return to_pixels(image, self.size)


def stack(size, batch):
    """Pixels (n, 3, size, size) and labels (n); n may be 0."""
    for pixels, _ in batch:
        if isinstance(pixels, ValueError):
            return pixels, None
    pixels = torch.stack([pixels for pixels, _ in batch]) if batch else torch.empty(0, 3, size, size, dtype=torch.uint8)
    return pixels, torch.tensor([label for _, label in batch], dtype=torch.long)


class Stack:
    """`stack` for one size, in a form that can be sent to a worker."""

    def __init__(self, size):
        self.size = size

    def __call__(self, batch):
        return stack(self.size, batch)


def ignore_stop(_):
    # A stop that reaches the whole process group is the main process's to answer; it ends its workers itself.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def load(pixels, batches, workers):
    """Pixels and labels of each batch (a list of numbers) in turn, decoded ahead by that many processes."""
    loader = DataLoader(
        pixels,
        batch_sampler=batches,
        num_workers=workers,
        collate_fn=Stack(pixels.size),
        worker_init_fn=ignore_stop,
        pin_memory=torch.cuda.is_available(),
    )
    for content, labels in loader:
        if isinstance(content, ValueError):
            raise content
        yield content, labels
