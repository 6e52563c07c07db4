"""
What each host works on. The batches are those one host alone would take: drawn by the seed from all images, then divided, with
nothing padded, repeated or left out; so any number of hosts computes the same model, and every sum is over true counts.
"""

import time

import torch

from dataset import Pixels, load

SAY_SECONDS = 30


def draw_order(count, seed, epoch):
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch)).tolist()


def draw_batches(count, size, seed, epoch):
    order = draw_order(count, seed, epoch)
    return [order[start : start + size] for start in range(0, count, size)]


class DecodedShare:
    """For a network that learns as a whole: images are decoded in every epoch, and each batch is divided evenly."""

    def __init__(self, images, split, options, hosts):
        self.samples = images.samples[split]
        self.pixels = Pixels(images.root, self.samples, options.image_size)
        self.options, self.hosts = options, hosts

    def load(self, batches):
        for pixels, labels in load(self.pixels, batches, self.options.workers):
            yield pixels.to(self.hosts.device), labels.to(self.hosts.device)

    def train(self, epoch, first):
        """From batch `first` of the epoch on: inputs and labels of this host's part, and how many the whole batch has."""
        batches = draw_batches(len(self.samples), self.options.batch_size, self.options.seed, epoch)[first:]
        parts = [batch[self.hosts.rank :: self.hosts.size] for batch in batches]
        for batch, (inputs, labels) in zip(batches, self.load(parts)):
            yield inputs, labels, len(batch)

    def all(self):
        """This host's part of the split."""
        own = list(range(self.hosts.rank, len(self.samples), self.hosts.size))
        size = self.options.batch_size
        yield from self.load([own[start : start + size] for start in range(0, len(own), size)])


class FeatureShare:
    """
    For a frozen backbone: what it makes of an image is the same in every epoch, so it is computed once, by the one host whose
    image it is, and an epoch costs next to nothing.
    """

    def __init__(self, images, split, network, options, hosts, stop):
        self.options, self.hosts, self.count = options, hosts, len(images.samples[split])
        share = DecodedShare(images, split, options, hosts)
        started = said = time.monotonic()
        features, labels, done = [], [], 0
        own = len(range(hosts.rank, self.count, hosts.size))
        for pixels, right in share.all():
            if stop.asked:
                raise Stopped("while the backbone looked at the images: there is nothing to save yet")
            with torch.no_grad():
                features.append(network.features(pixels))
            labels.append(right)
            done += len(right)
            if time.monotonic() - said > SAY_SECONDS:
                said = time.monotonic()
                print(f"{split}: {done} of {own} images seen, {done / (said - started):.1f} a second", flush=True)
        seconds = time.monotonic() - started
        print(f"{split}: the backbone has seen this host's {own} of {self.count} images in {seconds:.1f} s", flush=True)
        self.features = torch.cat(features) if features else torch.empty(0, network.head.in_features, device=hosts.device)
        self.labels = torch.cat(labels) if labels else torch.empty(0, dtype=torch.long, device=hosts.device)

    def take(self, batch):
        """Those of the batch that are this host's; its n-th image is number rank + n * size of all."""
        own = [number // self.hosts.size for number in batch if number % self.hosts.size == self.hosts.rank]
        chosen = torch.tensor(own, dtype=torch.long, device=self.hosts.device)
        return self.features[chosen], self.labels[chosen]

    def train(self, epoch, first):
        for batch in draw_batches(self.count, self.options.batch_size, self.options.seed, epoch)[first:]:
            yield (*self.take(batch), len(batch))

    def all(self):
        yield self.features, self.labels


class Stopped(Exception):
    """Told to stop before there was anything to save."""
