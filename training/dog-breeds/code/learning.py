"""Epochs, early stopping, and where training stands between two batches."""

import copy
import math
import time

import torch
from torch import nn

import checkpoint

MOMENTUM = 0.9


class Training:
    """What learns, how far it is, and the best that it was. `learner` is the head alone or the whole network."""

    def __init__(self, learner, options, settings):
        self.learner, self.settings = learner, settings
        self.parameters = [parameter for parameter in learner.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.SGD(self.parameters, lr=options.learning_rate, momentum=MOMENTUM)
        self.epoch, self.batch, self.loss = 0, 0, 0.0
        self.best = {"epoch": 0, "loss": math.inf, "weights": None}

    def state(self):
        return {
            "progress": {
                "settings": self.settings,
                "epoch": self.epoch,
                "batch": self.batch,
                "loss": self.loss,
                "best_epoch": self.best["epoch"],
                "best_loss": self.best["loss"],
            },
            "best_weights": self.best["weights"],
            "weights": self.learner.state_dict(),
            "momentum": self.optimizer.state_dict()["state"],
            "random": torch.get_rng_state(),
        }

    def restore(self, state):
        progress = state["progress"]
        self.epoch, self.batch, self.loss = progress["epoch"], progress["batch"], progress["loss"]
        self.best = {"epoch": progress["best_epoch"], "loss": progress["best_loss"], "weights": state["best_weights"]}
        self.learner.load_state_dict(state["weights"])
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state["momentum"]})
        torch.set_rng_state(state["random"])

    def judge(self, loss):
        """Takes note of an epoch that ended with this validation loss."""
        self.epoch, self.batch, self.loss = self.epoch + 1, 0, 0.0
        if loss < self.best["loss"]:
            self.best = {"epoch": self.epoch, "loss": loss, "weights": copy.deepcopy(self.learner.state_dict())}

    def has_stalled(self, patience):
        return 0 < patience <= self.epoch - self.best["epoch"]


def sum_loss(scores, labels):
    return nn.functional.cross_entropy(scores, labels, reduction="sum")


def step(training, inputs, labels, count, hosts, stop):
    """
    One step over all hosts. Each adds the gradients of its part, divided by the size of the whole batch; the loss and whether
    somebody was told to stop travel with them. Returns the summed loss, and whether to stop.
    """
    training.optimizer.zero_grad()
    loss = torch.zeros((), device=hosts.device)
    if len(labels):
        loss = sum_loss(training.learner(inputs), labels)
        (loss / count).backward()
    gradients = [torch.zeros_like(own) if own.grad is None else own.grad for own in training.parameters]
    told = torch.tensor([float(stop.asked)], device=hosts.device)
    *sums, loss, told = add_up_together([*gradients, loss.detach().view(1), told], hosts)
    for own, gradient in zip(training.parameters, sums):
        own.grad = gradient
    return loss.item(), told.item() > 0


def add_up_together(tensors, hosts):
    """One exchange for all of them."""
    flat = hosts.add_up(torch.cat([tensor.reshape(-1) for tensor in tensors]))
    parts = flat.split([tensor.numel() for tensor in tensors])
    return [part.view_as(tensor) for part, tensor in zip(parts, tensors)]


def train_epoch(training, share, options, hosts, stop):
    """Goes on to the end of the epoch; False when a host was told to stop, at the same batch on all of them."""
    training.learner.train()
    for inputs, labels, count in share.train(training.epoch, training.batch):
        loss, stops = step(training, inputs, labels, count, hosts, stop)
        if not math.isfinite(loss):
            raise ValueError(
                f"The loss is no number any more in epoch {training.epoch + 1}: "
                f"try a lower learning rate than {options.learning_rate}."
            )
        training.optimizer.step()
        training.batch += 1
        training.loss += loss
        if stops:
            return False
    return True


def evaluate(network, share, hosts):
    """Mean loss and accuracy over the whole split, each image counted once, whichever host looked at it."""
    network.eval()
    loss, right, count = 0.0, 0, 0
    with torch.no_grad():
        for inputs, labels in share.all():
            scores = network(inputs)
            loss += sum_loss(scores, labels).item()
            right += int((scores.argmax(1) == labels).sum())
            count += len(labels)
    loss, right, count = hosts.add_up_numbers(loss, right, count)
    return loss / count, right / count


def run_epochs(training, shares, sizes, options, hosts, stop):
    """True when training went to its end, False when it was stopped and left a checkpoint."""
    while training.epoch < options.epochs and not training.has_stalled(options.patience):
        started = time.monotonic()
        finished = train_epoch(training, shares["train"], options, hosts, stop)
        if not finished:
            if hosts.rank == 0:
                checkpoint.write(options.checkpoint_dir, training.state())
            print(f"stopped in epoch {training.epoch + 1} after batch {training.batch}; a checkpoint was written", flush=True)
            return False
        train_loss = training.loss / sizes["train"]
        loss, accuracy = evaluate(training.learner, shares["valid"], hosts)
        training.judge(loss)
        if hosts.rank == 0:
            print(
                f"epoch {training.epoch}/{options.epochs} train loss: {train_loss:.4f} valid loss: {loss:.4f} "
                f"valid accuracy: {accuracy:.4f} ({time.monotonic() - started:.1f} s)",
                flush=True,
            )
            checkpoint.write(options.checkpoint_dir, training.state())
    if training.epoch < options.epochs and hosts.rank == 0:
        print(f"stopped early: no better validation loss in {options.patience} epochs", flush=True)
    return True
