"""
Learns to read handwritten digits, in plain Python: a small model that trains for real in seconds on any machine.

On several hosts every batch is divided among them and the gradients are added up before each step, so any number of hosts
computes the model that one would (up to the rounding of sums), only sooner. The first host writes checkpoints and the model.
"""

import argparse
import json
import math
import os
import random
import signal
import sys
import time

import checkpoint
from digits import CLASSES, PIXELS, read_digits, split
from hosts import LostHost, join
from network import Network


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


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description="Learns to read handwritten digits.", allow_abbrev=False)
    parser.add_argument("--epochs", type=whole(1, 10_000), default=30, help="passes over the training data")
    parser.add_argument("--batch-size", type=whole(1, 100_000), default=48, help="digits between two steps, over all hosts")
    parser.add_argument("--learning-rate", type=rate, default=0.2)
    parser.add_argument("--hidden", type=whole(1, 4096), default=32, help="inner units")
    parser.add_argument("--seed", type=whole(0, 2**31 - 1), default=1)
    parser.add_argument("--data", default=os.environ.get("SM_CHANNEL_TRAINING", "data"), help="folder of .csv or .csv.gz files")
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    parser.add_argument("--checkpoint-dir", default=os.environ.get("SM_CHECKPOINT_DIR", "/opt/ml/checkpoints"))
    return parser.parse_args(arguments)


class Training:
    """The state between two batches: what a checkpoint holds and what all hosts share at the start."""

    def __init__(self, options, settings):
        self.settings = settings
        self.network = Network.random(PIXELS, options.hidden, CLASSES, options.seed)
        self.epoch, self.batch, self.loss = 0, 0, 0.0

    def state(self):
        return {
            "settings": self.settings,
            "epoch": self.epoch,
            "batch": self.batch,
            "loss": self.loss,
            "weights": self.network.flat(),
        }

    def restore(self, state):
        self.epoch, self.batch, self.loss = state["epoch"], state["batch"], state["loss"]
        self.network.load(state["weights"])


def train_epoch(training, samples, options, hosts, stop):
    """Goes on to the end of the epoch; False when a host was told to stop, at the same batch on all of them."""
    order = list(range(len(samples)))
    random.Random(f"epoch {training.epoch} {options.seed}").shuffle(order)
    for start in range(training.batch * options.batch_size, len(order), options.batch_size):
        chosen = order[start : start + options.batch_size]
        gradient, loss = training.network.gradient([samples[index] for index in chosen[hosts.rank :: hosts.size]])
        *gradient, loss, stops = hosts.add_up([*gradient, loss, float(stop.asked)])
        if not math.isfinite(loss):
            raise ValueError(
                f"The loss is no number any more in epoch {training.epoch + 1}: "
                f"try a lower learning rate than {options.learning_rate}."
            )
        training.network.step(gradient, options.learning_rate / len(chosen))
        training.batch += 1
        training.loss += loss
        if stops:
            return False
    return True


def report_epoch(training, sizes, test, options, hosts):
    loss, right = hosts.add_up(training.network.score(test[hosts.rank :: hosts.size]))
    accuracy = right / sizes["test"]
    if hosts.rank == 0:
        print(
            f"epoch {training.epoch + 1}/{options.epochs} train loss: {training.loss / sizes['train']:.4f} "
            f"test loss: {loss / sizes['test']:.4f} test accuracy: {accuracy:.4f}",
            flush=True,
        )
    return accuracy


def save_model(training, options, accuracy):
    os.makedirs(options.model_dir, exist_ok=True)
    path = os.path.join(options.model_dir, "model.json")
    model = {
        "format": "digits-1",
        "hidden": training.network.hidden_rows,
        "output": training.network.output_rows,
        "epochs": training.epoch,
        "seed": options.seed,
        "test-accuracy": accuracy,
    }
    with open(path, "w", encoding="ascii") as file:
        json.dump(model, file)
    print(f"model written to {path}", flush=True)


class Stop:
    asked = False

    def ask(self, *_):
        self.asked = True


def train(options, names, current, port):
    """Trains on this host; True when it went to the end, False when it was stopped."""
    samples = read_digits(options.data)
    train_set, test_set = split(samples, options.seed)
    if not test_set:
        raise ValueError(f"{options.data} holds {len(samples)} digits; at least 5 are needed to train and to test.")
    sizes = {"train": len(train_set), "test": len(test_set)}
    settings = {
        "hidden": options.hidden,
        "batch-size": options.batch_size,
        "learning-rate": options.learning_rate,
        "seed": options.seed,
        **sizes,
    }
    print(
        f"{sizes['train']} digits to train, {sizes['test']} to test; {options.hidden} inner units, "
        f"batches of {options.batch_size}, learning rate {options.learning_rate}, {options.epochs} epochs, "
        f"seed {options.seed}; host {names.index(current) + 1} of {len(names)}",
        flush=True,
    )
    training = Training(options, settings)
    hosts = join(names, current, port, {**settings, "epochs": options.epochs})
    stop = Stop()
    signal.signal(signal.SIGTERM, stop.ask)  # only now: until here there is nothing to save
    try:
        # The first host's checkpoint counts for all, whatever lies on the others.
        state = hosts.share(checkpoint.find(options.checkpoint_dir, settings, options.epochs) if hosts.rank == 0 else None)
        if state:
            training.restore(state)
            print(f"resumed after epoch {training.epoch}, batch {training.batch}", flush=True)
        return run_epochs(training, (train_set, test_set, sizes), options, hosts, stop)
    finally:
        hosts.close()


def run_epochs(training, data, options, hosts, stop):
    train_set, test_set, sizes = data
    accuracy = None
    while training.epoch < options.epochs:
        finished = train_epoch(training, train_set, options, hosts, stop)
        if not finished:
            if hosts.rank == 0:
                checkpoint.write(options.checkpoint_dir, training.state())
            print(f"stopped in epoch {training.epoch + 1} after batch {training.batch}; a checkpoint was written", flush=True)
            return False
        accuracy = report_epoch(training, sizes, test_set, options, hosts)
        training.epoch, training.batch, training.loss = training.epoch + 1, 0, 0.0
        if hosts.rank == 0:
            checkpoint.write(options.checkpoint_dir, training.state())
    if accuracy is None:  # the checkpoint was of the last epoch
        _, right = hosts.add_up(training.network.score(test_set[hosts.rank :: hosts.size]))
        accuracy = right / sizes["test"]
    if hosts.rank == 0:
        save_model(training, options, accuracy)
    return True


def main():
    options = parse_arguments(sys.argv[1:])
    current = os.environ.get("SM_CURRENT_HOST", "localhost")
    names = json.loads(os.environ.get("SM_HOSTS", json.dumps([current])))
    started = time.monotonic()
    try:
        finished = train(options, names, current, int(os.environ.get("MASTER_PORT", "7777")))
    except (LostHost, ValueError, OSError) as error:
        sys.exit(f"train.py: error: {error}")
    print(f"{'done' if finished else 'ended early'} after {time.monotonic() - started:.1f} s", flush=True)
    return 0 if finished else 128 + signal.SIGTERM


if __name__ == "__main__":
    sys.exit(main())
