"""
Learns to tell breeds of dogs (or any folders of images) apart: a ResNet that ImageNet taught, with a new last layer.

On several hosts every batch is divided among them and the gradients are added up before each step, so any number of hosts
computes the model that one would (up to the rounding of sums), only sooner. The first host writes checkpoints and the model.
"""

import argparse
import json
import math
import os
import signal
import sys
import time

import torch

import checkpoint
import network
import weights
from dataset import Images
from hosts import LostHost, choose_device, join
from learning import Training, evaluate, run_epochs
from shares import DecodedShare, FeatureShare, Stopped


def say(text):
    print(text, flush=True)


def whole(low, high):
    def parse(text):
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return value

    return parse


def rate(text):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and up to 100")
    return value


def count_cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description="Learns to tell folders of images apart.", allow_abbrev=False)
    parser.add_argument("--epochs", type=whole(1, 10_000), default=5, help="passes over the training images, at most")
    parser.add_argument("--batch-size", type=whole(1, 100_000), default=64, help="images between two steps, over all hosts")
    parser.add_argument("--learning-rate", type=rate, default=0.01)
    parser.add_argument("--image-size", type=whole(32, 1024), default=224, help="height and width the network sees")
    parser.add_argument("--backbone", choices=network.BACKBONES, default="resnet50")
    knows = "what the backbone knows, which is frozen then; none: all layers learn"
    parser.add_argument("--weights", choices=weights.SOURCES, default="download", help=knows)
    patience = "epochs without a better validation loss; 0: no limit"
    parser.add_argument("--patience", type=whole(0, 10_000), default=3, help=patience)
    parser.add_argument("--seed", type=whole(0, 2**31 - 1), default=1)
    workers = min(4, count_cores() - 1)
    parser.add_argument("--workers", type=whole(0, 256), default=workers, help="processes that decode images")
    data = os.environ.get("SM_CHANNEL_TRAINING", "dogImages")
    parser.add_argument("--data", default=data, help="folder with train/, valid/ and test/")
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    parser.add_argument("--checkpoint-dir", default=os.environ.get("SM_CHECKPOINT_DIR", "/opt/ml/checkpoints"))
    return parser.parse_args(arguments)


def choose_settings(options, images):
    """All that decides what is learned: a checkpoint of other settings is not gone on with, nor a job whose hosts differ."""
    names = ("batch_size", "learning_rate", "image_size", "backbone", "weights", "patience", "seed")
    sizes = {split: len(samples) for split, samples in images.samples.items()}
    return {**{name: getattr(options, name) for name in names}, **sizes, "images": images.hash()}


def describe(options, images, hosts):
    verbs = {"train": "train", "valid": "validate", "test": "test"}
    sizes = ", ".join(f"{len(images.samples[split])} to {verb}" for split, verb in verbs.items())
    learns = "all layers learn" if options.weights == "none" else f"frozen, weights by {options.weights}"
    is_gpu = hosts.device.type == "cuda"
    device = torch.cuda.get_device_name(hosts.device) if is_gpu else f"CPU, {torch.get_num_threads()} threads"
    say(
        f"{len(images.classes)} classes; {sizes}. {options.backbone} ({learns}), {options.image_size} x {options.image_size} "
        f"pixels, batches of {options.batch_size}, learning rate {options.learning_rate}, up to {options.epochs} epochs, "
        f"patience {options.patience}, seed {options.seed}. Host {hosts.rank + 1} of {hosts.size}, {device}, "
        f"PyTorch {torch.__version__}"
    )
    if images.ignored:
        say(f"{len(images.ignored)} files are no images by their names and are ignored, the first: {images.ignored[0]}")
    gpus = torch.cuda.device_count()
    if gpus > 1 and "LOCAL_RANK" not in os.environ:
        say(f"This host has {gpus} GPUs, and one process uses one: start it with torchrun to use all.")


def check_agreement(settings, hosts):
    first = json.loads(hosts.share(json.dumps(settings).encode()))
    other = {name: (settings[name], first[name]) for name in settings if settings[name] != first.get(name)}
    if other:
        words = ", ".join(f"{name} is {own} here and {theirs} there" for name, (own, theirs) in other.items())
        raise ValueError(f"This host and the first were started with other settings or images: {words}.")


def build(options, images, device):
    """The network, and the part of it that learns."""
    torch.manual_seed(options.seed)
    torch.backends.cudnn.deterministic = True
    known = weights.find_weights(options.backbone, options.weights)
    net = network.Network(options.backbone, len(images.classes), "group" if known is None else "batch", known).to(device)
    if known is None:
        return net, net
    net.freeze()
    return net, net.head


def prepare_shares(images, net, learner, options, hosts, stop):
    if learner is net:
        return {split: DecodedShare(images, split, options, hosts) for split in ("train", "valid")}
    return {split: FeatureShare(images, split, net, options, hosts, stop) for split in ("train", "valid")}


def resume(training, options, hosts):
    """The first host's checkpoint counts for all, whatever lies on the others."""
    state = checkpoint.find(options.checkpoint_dir, training.settings, options.epochs) if hosts.rank == 0 else None
    content = hosts.share(checkpoint.pack(state) if state else b"")
    if content:
        training.restore(checkpoint.unpack(content))
        say(f"resumed after epoch {training.epoch}, batch {training.batch}")


def finish(training, net, images, options, hosts):
    """Goes back to the best epoch, looks at the test images for the first and only time, and saves the model."""
    training.learner.load_state_dict(training.best["weights"])
    loss, accuracy = evaluate(net, DecodedShare(images, "test", options, hosts), hosts)
    if hosts.rank != 0:
        return
    best = training.best
    say(
        f"epoch {best['epoch']} is kept, best validation loss: {best['loss']:.4f} "
        f"test loss: {loss:.4f} test accuracy: {accuracy:.4f}"
    )
    description = {
        "backbone": options.backbone,
        "norm": "group" if options.weights == "none" else "batch",
        "image-size": options.image_size,
        "classes": images.classes,
        "epoch": best["epoch"],
        "validation-loss": best["loss"],
        "test-loss": loss,
        "test-accuracy": accuracy,
        "settings": training.settings,
    }
    say(f"model written to {network.save(options.model_dir, net, description)}")


class Stop:
    asked = False

    def ask(self, *_):
        self.asked = True


def train(options, hosts, stop):
    """Trains on this host; True when it went to the end, False when it was stopped."""
    images = Images(options.data)
    settings = choose_settings(options, images)
    describe(options, images, hosts)
    check_agreement(settings, hosts)
    net, learner = build(options, images, hosts.device)
    training = Training(learner, options, settings)
    resume(training, options, hosts)
    shares = prepare_shares(images, net, learner, options, hosts, stop)
    if not run_epochs(training, shares, {"train": len(images.samples["train"])}, options, hosts, stop):
        return False
    finish(training, net, images, options, hosts)
    return True


def run(options, stop):
    hosts = join(choose_device())
    try:
        return train(options, hosts, stop)
    finally:
        hosts.close()


def main():
    options = parse_arguments(sys.argv[1:])
    stop = Stop()
    signal.signal(signal.SIGTERM, stop.ask)
    started = time.monotonic()
    try:
        finished = run(options, stop)
    except Stopped as reason:
        say(f"stopped {reason}")
        finished = False
    except (LostHost, ValueError, OSError) as error:
        if not (stop.asked and isinstance(error, LostHost)):  # a host that stopped first is gone for a good reason
            sys.exit(f"train.py: error: {error}")
        finished = False
    say(f"{'done' if finished else 'ended early'} after {time.monotonic() - started:.1f} s")
    return 0 if finished else 128 + signal.SIGTERM


if __name__ == "__main__":
    sys.exit(main())
