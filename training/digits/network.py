"""A network of one hidden layer (ReLU, then softmax) in plain Python."""

import math
import random
from operator import mul

# From Python 3.12 on there is a faster sum of products.
dot = getattr(math, "sumprod", None) or (lambda a, b: sum(map(mul, a, b)))


class Network:
    """`hidden_rows`: one row an inner unit; `output_rows`: one row a class. The last number of each row is the bias."""

    def __init__(self, hidden_rows, output_rows):
        self.hidden_rows = hidden_rows
        self.output_rows = output_rows

    @classmethod
    def random(cls, inputs, hidden, outputs, seed):
        draw = random.Random(f"weights {seed}").gauss
        first = [[draw(0, math.sqrt(2 / inputs)) for _ in range(inputs)] + [0.0] for _ in range(hidden)]
        second = [[draw(0, math.sqrt(1 / hidden)) for _ in range(hidden)] + [0.0] for _ in range(outputs)]
        return cls(first, second)

    def rows(self):
        return self.hidden_rows + self.output_rows

    def flat(self):
        return [value for row in self.rows() for value in row]

    def load(self, flat):
        expected = sum(map(len, self.rows()))
        if len(flat) != expected:
            raise ValueError(f"{len(flat)} weights for a network of {expected}.")
        position = 0
        for row in self.rows():
            row[:] = flat[position : position + len(row)]
            position += len(row)

    def forward(self, pixels):
        """The inner values and the probability of each class; `pixels` without the constant 1."""
        inputs = [*pixels, 1.0]
        inner = [value if value > 0 else 0.0 for value in [dot(row, inputs) for row in self.hidden_rows]]
        extended = [*inner, 1.0]
        scores = [dot(row, extended) for row in self.output_rows]
        highest = max(scores)
        powers = [math.exp(score - highest) for score in scores]
        total = sum(powers)
        return inner, [power / total for power in powers]

    def gradient(self, samples):
        """The summed gradient, flat and in the order of `flat()`, and the summed loss."""
        first = [[0.0] * len(row) for row in self.hidden_rows]
        second = [[0.0] * len(row) for row in self.output_rows]
        loss = 0.0
        columns = list(zip(*self.output_rows))
        for pixels, digit in samples:
            inner, probabilities = self.forward(pixels)
            loss -= math.log(max(probabilities[digit], 1e-300))
            delta = list(probabilities)
            delta[digit] -= 1.0
            extended = [*inner, 1.0]
            for index, slope in enumerate(delta):
                second[index] = [old + slope * value for old, value in zip(second[index], extended)]
            inputs = [*pixels, 1.0]
            for index, value in enumerate(inner):
                if value > 0:  # a silent unit has no slope
                    slope = dot(columns[index], delta)
                    first[index] = [old + slope * pixel for old, pixel in zip(first[index], inputs)]
        return [value for row in first + second for value in row], loss

    def step(self, gradient, rate):
        position = 0
        for row in self.rows():
            end = position + len(row)
            row[:] = [value - rate * slope for value, slope in zip(row, gradient[position:end])]
            position = end

    def score(self, samples):
        """Summed loss and number of right answers."""
        loss, right = 0.0, 0
        for pixels, digit in samples:
            _, probabilities = self.forward(pixels)
            loss -= math.log(max(probabilities[digit], 1e-300))
            right += probabilities.index(max(probabilities)) == digit
        return loss, right
