"""The digits on disk: rows of 64 grey values (0 to 16) and the digit, as CSV, plain or gzipped."""

import csv
import glob
import gzip
import os
import random

PIXELS = 64
MAX_GREY = 16
CLASSES = 10
TEST_SHARE = 0.2


def parse_row(row):
    values = [int(text) for text in row]
    if len(values) != PIXELS + 1:
        raise ValueError(f"{len(values)} values instead of {PIXELS + 1}")
    pixels, digit = values[:-1], values[-1]
    if min(pixels) < 0 or max(pixels) > MAX_GREY:
        raise ValueError(f"a grey value outside 0 to {MAX_GREY}")
    if not 0 <= digit < CLASSES:
        raise ValueError(f"the label {digit}, which is no digit")
    return [value / MAX_GREY for value in pixels], digit


def read_digits(folder):
    """All rows of all .csv and .csv.gz files of the folder as (pixels from 0 to 1, digit)."""
    paths = sorted(glob.glob(os.path.join(folder, "*.csv")) + glob.glob(os.path.join(folder, "*.csv.gz")))
    if not paths:
        raise ValueError(f"There is no .csv or .csv.gz file in {folder}.")
    samples = []
    for path in paths:
        with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="ascii", newline="") as file:
            for number, row in enumerate(csv.reader(file), 1):
                try:
                    samples.append(parse_row(row))
                except ValueError as error:
                    raise ValueError(f"{path}, line {number}: {error}.") from error
    return samples


def split(samples, seed):
    """Training and test samples, shuffled by the seed: the same on every host."""
    shuffled = list(samples)
    random.Random(f"split {seed}").shuffle(shuffled)
    count = int(len(shuffled) * TEST_SHARE)
    return shuffled[count:], shuffled[:count]
