"""The example model: its data, its arithmetic, and whole trainings as processes on one and on two hosts."""

import ast
import csv
import glob
import gzip
import json
import math
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
CODE = os.path.dirname(HERE)
DATA = os.path.join(CODE, "data")
sys.path.insert(0, CODE)

import checkpoint  # noqa: E402
import digits  # noqa: E402
import hosts  # noqa: E402
import inference  # noqa: E402
from network import Network  # noqa: E402


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class FolderTest(unittest.TestCase):
    def folder(self):
        folder = tempfile.TemporaryDirectory(prefix="digits-test-")
        self.addCleanup(folder.cleanup)
        return folder.name

    def few_digits(self, count):
        """A folder with the first rows of the data set."""
        folder = self.folder()
        with gzip.open(os.path.join(DATA, "digits.csv.gz"), "rt") as source, open(os.path.join(folder, "few.csv"), "w") as few:
            few.writelines(line for _, line in zip(range(count), source))
        return folder


class DataTest(FolderTest):
    def test_the_data_set_is_whole(self):
        samples = digits.read_digits(DATA)
        self.assertEqual(len(samples), 1797)
        self.assertEqual({digit for _, digit in samples}, set(range(10)))
        self.assertEqual(
            (min(map(min, (pixels for pixels, _ in samples))), max(map(max, (pixels for pixels, _ in samples)))), (0, 1)
        )

    def test_the_split_is_the_same_everywhere_and_loses_nothing(self):
        samples = [(number, 0) for number in range(100)]
        train, test = digits.split(samples, 7)
        self.assertEqual((train, test), digits.split(samples, 7))
        self.assertNotEqual(train, digits.split(samples, 8)[0])
        self.assertEqual((len(train), sorted(train + test)), (80, samples))

    def test_bad_rows_are_named(self):
        table = [
            ("1,2", "2 values instead of 65"),
            (",".join(["17"] * 64 + ["1"]), "a grey value"),
            (",".join(["1"] * 64 + ["10"]), "the label 10"),
        ]
        for row, words in table:
            with self.subTest(words):
                folder = self.few_digits(2)
                with open(os.path.join(folder, "few.csv"), "a") as file:
                    file.write(f"{row}\n")
                with self.assertRaisesRegex(ValueError, f"few.csv, line 3: {words}"):
                    digits.read_digits(folder)
        with self.assertRaisesRegex(ValueError, "no .csv or .csv.gz file"):
            digits.read_digits(self.folder())


class NetworkTest(unittest.TestCase):
    def test_the_gradient_is_the_slope_of_the_loss(self):
        draw = random.Random(3)
        network = Network.random(5, 4, 3, seed=2)
        samples = [([draw.random() for _ in range(5)], draw.randrange(3)) for _ in range(4)]
        gradient, loss = network.gradient(samples)
        self.assertAlmostEqual(loss, network.score(samples)[0])
        weights = network.flat()
        for index in range(len(weights)):
            slopes = []
            for sign in (1, -1):
                moved = list(weights)
                moved[index] += sign * 1e-6
                network.load(moved)
                slopes.append(network.score(samples)[0])
            self.assertAlmostEqual((slopes[0] - slopes[1]) / 2e-6, gradient[index], places=4)

    def test_gradients_of_parts_add_up_to_the_gradient_of_the_whole(self):
        samples = digits.read_digits(DATA)[:48]
        network = Network.random(digits.PIXELS, 8, digits.CLASSES, seed=1)
        whole, _ = network.gradient(samples)
        first, second = (network.gradient(samples[rank::2])[0] for rank in (0, 1))
        for one, two, all_of_it in zip(first, second, whole):
            self.assertAlmostEqual(one + two, all_of_it, places=9)

    def test_weights_of_another_network_are_refused(self):
        with self.assertRaisesRegex(ValueError, "3 weights for a network of"):
            Network.random(2, 2, 2, seed=1).load([1.0, 2.0, 3.0])


class HostsTest(unittest.TestCase):
    names = ["127.0.0.1", "127.0.0.1 again", "127.0.0.1 thrice"]

    def start(self, ranks, port, settings=None, seconds=5):
        """Each host in a thread; what it returned or raised, by rank."""
        results = {}

        def run(rank):
            mine = (settings or {}).get(rank, {"a": 1})
            try:
                host = (
                    hosts.First(self.names, port, mine, seconds)
                    if rank == 0
                    else hosts.Other(self.names, port, rank, mine, seconds)
                )
                try:
                    results[rank] = (host.share({"from": rank}), list(host.add_up([rank, 1.5])))
                finally:
                    host.close()
            except hosts.LostHost as error:
                results[rank] = error

        threads = [threading.Thread(target=run, args=(rank,), daemon=True) for rank in ranks]
        for thread in threads:
            thread.start()
        return threads, results

    def finish(self, started):
        threads, results = started
        for thread in threads:
            thread.join(20)
            self.assertFalse(thread.is_alive())
        return results

    def test_three_hosts_share_and_add_up(self):
        results = self.finish(self.start([2, 1, 0], free_port()))
        self.assertEqual(results, {rank: ({"from": 0}, [3.0, 4.5]) for rank in (0, 1, 2)})

    def test_a_stranger_is_turned_away_and_the_job_goes_on(self):
        port = free_port()
        started = self.start([0], port)
        with hosts.connect("127.0.0.1", port, hosts.time.monotonic() + 5) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            stranger.settimeout(5)
            try:
                self.assertEqual(stranger.recv(10), b"")
            except ConnectionResetError:
                pass  # closed with our bytes unread
        others = self.start([1, 2], port)
        self.assertEqual(self.finish(started)[0], ({"from": 0}, [3.0, 4.5]))
        self.finish(others)

    def test_other_settings_are_an_error_on_both_sides(self):
        results = self.finish(self.start([0, 1], free_port(), settings={0: {"seed": 1}, 1: {"seed": 2}}))
        self.assertIn("other settings", str(results[0]))
        self.assertIn("other settings", str(results[1]))

    def test_a_host_that_never_comes_is_named(self):
        results = self.finish(self.start([0, 2], free_port(), seconds=1))
        self.assertIn("Did not hear from 127.0.0.1 again in time", str(results[0]))
        self.assertIsInstance(results[2], hosts.LostHost)

    def test_nobody_to_talk_to(self):
        with self.assertRaisesRegex(hosts.LostHost, "Could not reach 127.0.0.1"):
            hosts.Other(self.names, free_port(), 1, {}, 0.3)

    def test_an_address_of_somebody_else(self):
        with self.assertRaisesRegex(hosts.LostHost, "Could not listen at 192.0.2.1"):
            hosts.First(["192.0.2.1", "x"], free_port(), {}, 0.3)


class Train(FolderTest):
    """train.py as a process a host, on addresses 127.0.0.N as in the local cloud."""

    def start(self, arguments, names=("127.0.0.2",), port=None, data=None, folder=None):
        port, folder = port or free_port(), folder or self.folder()
        processes = []
        for number, name in enumerate(names):
            env = {
                "PATH": os.environ["PATH"],
                "SM_HOSTS": json.dumps(list(names)),
                "SM_CURRENT_HOST": name,
                "MASTER_PORT": str(port),
                "SM_CHANNEL_TRAINING": data or DATA,
                "SM_MODEL_DIR": os.path.join(folder, f"model-{number}"),
                "SM_CHECKPOINT_DIR": os.path.join(folder, "checkpoints"),
                "PYTHONUNBUFFERED": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
            }
            command = [sys.executable, os.path.join(CODE, "train.py"), *arguments]
            process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(process.stderr.close)
            self.addCleanup(process.stdout.close)
            self.addCleanup(process.kill)
            processes.append(process)
        return processes, folder

    def finish(self, processes, code=0):
        outputs = [process.communicate(timeout=60) for process in processes]
        self.assertEqual([process.returncode for process in processes], [code] * len(processes), outputs)
        return outputs

    def model(self, folder, number=0):
        with open(os.path.join(folder, f"model-{number}", "model.json"), encoding="ascii") as file:
            return json.load(file)

    def wait_for(self, process, words):
        for line in process.stdout:
            if words in line:
                return
        self.fail(f"{words!r} never came: {process.stderr.read()}")


class TrainTest(Train):
    def test_it_learns(self):
        processes, folder = self.start(["--epochs", "7", "--learning-rate", "0.4"])
        ((output, _),) = self.finish(processes)
        lines = [line for line in output.splitlines() if line.startswith("epoch ")]
        self.assertEqual(len(lines), 7)
        self.assertRegex(lines[2], r"^epoch 3/7 train loss: [0-9.]+ test loss: [0-9.]+ test accuracy: [0-9.]+$")
        self.assertGreater(self.model(folder)["test-accuracy"], 0.9)

    def test_two_hosts_compute_the_model_of_one(self):
        arguments = ["--epochs", "2", "--hidden", "8"]
        one, one_folder = self.start(arguments, data=self.few_digits(400))
        self.finish(one)
        two, two_folder = self.start(arguments, names=("127.0.0.2", "127.0.0.3"), data=self.few_digits(400))
        (first, _), (second, _) = self.finish(two)
        alone, together = self.model(one_folder), self.model(two_folder)
        for row, other in zip(alone["hidden"] + alone["output"], together["hidden"] + together["output"]):
            for value, same in zip(row, other):
                self.assertTrue(math.isclose(value, same, rel_tol=1e-6, abs_tol=1e-9), (value, same))
        self.assertFalse(os.path.exists(os.path.join(two_folder, "model-1")))
        self.assertIn("epoch 2/2", first)
        self.assertNotIn("epoch", second.split("\n", 1)[1])

    def test_a_stopped_training_goes_on_where_it_was(self):
        data = self.few_digits(300)
        whole, whole_folder = self.start(["--epochs", "40", "--hidden", "8"], data=data)
        self.finish(whole)
        names = ("127.0.0.2", "127.0.0.3")
        processes, folder = self.start(["--epochs", "40", "--hidden", "8"], names=names, data=data)
        self.wait_for(processes[0], "epoch 2/40")
        processes[1].send_signal(signal.SIGTERM)  # one host is told, all of them stop
        outputs = self.finish(processes, code=143)
        self.assertIn("a checkpoint was written", outputs[0][0])
        resumed, _ = self.start(["--epochs", "40", "--hidden", "8"], data=data, folder=folder)
        ((output, _),) = self.finish(resumed)
        self.assertIn("resumed after epoch", output)
        self.assertNotIn("epoch 1/40", output)
        for row, same in zip(self.model(whole_folder)["output"], self.model(folder)["output"]):
            for value, other in zip(row, same):
                self.assertAlmostEqual(value, other, places=6)

    def test_a_lost_host_ends_the_others_with_a_reason(self):
        names = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
        processes, _ = self.start(["--epochs", "1000", "--hidden", "4"], names=names, data=self.few_digits(100))
        self.wait_for(processes[0], "epoch 1/1000")
        processes[2].kill()
        errors = [process.communicate(timeout=30)[1] for process in processes]
        self.assertEqual([process.returncode for process in processes], [1, 1, -signal.SIGKILL])
        self.assertRegex(errors[0], "train.py: error: Host 127.0.0.4 (is gone|has closed)")
        self.assertRegex(errors[1], "train.py: error: Host 127.0.0.2 (is gone|has closed)")

    def test_bad_arguments_and_data_are_named(self):
        table = [
            (["--epochs", "0"], 2, "argument --epochs: '0' is not a whole number from 1 to 10000"),
            (["--batch-size", "many"], 2, "argument --batch-size: 'many' is not a whole number"),
            (["--learning-rate", "nan"], 2, "argument --learning-rate: 'nan' is not a number above 0"),
            (["--epoch", "3"], 2, "unrecognized arguments: --epoch 3"),
            (["--data", "/does/not/exist"], 1, "There is no .csv or .csv.gz file in /does/not/exist"),
            (["--data", self.few_digits(3)], 1, "holds 3 digits; at least 5"),
        ]
        for arguments, code, words in table:
            with self.subTest(words):
                ((_, errors),) = self.finish(self.start(arguments)[0], code)
                self.assertIn(words, errors)

    def test_a_diverging_training_says_so(self):
        processes, _ = self.start(["--epochs", "50", "--learning-rate", "100", "--hidden", "4"], data=self.few_digits(200))
        output, errors = processes[0].communicate(timeout=60)
        if processes[0].returncode != 0:
            self.assertIn("try a lower learning rate", errors)
        else:
            self.assertNotIn("nan", output)


class CheckpointTest(FolderTest):
    def test_what_was_written_is_found(self):
        folder = self.folder()
        self.assertIsNone(checkpoint.find(folder, {"seed": 1}, 9))
        state = {"settings": {"seed": 1}, "epoch": 3}
        checkpoint.write(folder, state)
        self.assertEqual(checkpoint.find(folder, {"seed": 1}, 9), state)
        self.assertEqual(os.listdir(folder), [checkpoint.NAME])

    def test_what_does_not_fit_is_not_used(self):
        folder = self.folder()
        checkpoint.write(folder, {"settings": {"seed": 1}, "epoch": 3})
        self.assertIsNone(checkpoint.find(folder, {"seed": 2}, 9))
        self.assertIsNone(checkpoint.find(folder, {"seed": 1}, 2))
        with open(os.path.join(folder, checkpoint.NAME), "w") as file:
            file.write('{"settings"')
        self.assertIsNone(checkpoint.find(folder, {"seed": 1}, 9))


class InferenceTest(FolderTest):
    image = [0] * 64

    def test_a_trained_model_reads_a_seven(self):
        folder = self.folder()
        samples = digits.read_digits(DATA)
        network = Network.random(digits.PIXELS, 16, digits.CLASSES, seed=1)
        for start in range(0, 1400, 20):
            batch = samples[start : start + 20]
            network.step(network.gradient(batch)[0], 0.3 / len(batch))
        with open(os.path.join(folder, "model.json"), "w") as file:
            json.dump({"format": "digits-1", "hidden": network.hidden_rows, "output": network.output_rows}, file)
        model = inference.model_fn(folder)
        with open(os.path.join(CODE, "smoke", "seven.json")) as file:
            images = inference.input_fn(file.read(), "application/json; charset=utf-8")
        body, content_type = inference.output_fn(inference.predict_fn(images, model), "*/*")
        (scores,) = json.loads(body)
        self.assertEqual((len(scores), scores.index(max(scores)), content_type), (10, 7, "application/json"))
        self.assertAlmostEqual(sum(scores), 1)

    def test_the_smoke_image_is_a_seven_of_the_data_set(self):
        with open(os.path.join(CODE, "smoke", "seven.json")) as file:
            (image,) = json.load(file)["instances"]
        with gzip.open(os.path.join(DATA, "digits.csv.gz"), "rt") as file:
            self.assertIn([*map(str, image), "7"], list(csv.reader(file)))

    def test_forms_of_input(self):
        for body in (self.image, [self.image], {"instances": [self.image]}):
            self.assertEqual(inference.input_fn(json.dumps(body), "application/json"), [[0.0] * 64])
        self.assertEqual(len(inference.input_fn(json.dumps([self.image] * 3).encode(), "application/json")), 3)

    def test_bad_input_is_named(self):
        table = [
            ("{", "application/json", "The body is not JSON"),
            ("[]", "application/json", "The body holds no image"),
            ('"x"', "application/json", "The body holds no image"),
            ("[]", "text/csv", "must be application/json, not text/csv"),
            ('{"image": []}', "application/json", "the one member `instances`, not image"),
            (json.dumps([self.image, [1]]), "application/json", "image 1 must be a list of 64 grey values .* not 1 values"),
            (json.dumps([self.image, 4]), "application/json", "image 1 must be .* not a int"),
            (json.dumps([0] * 63 + [17]), "application/json", r"image 0\[63\] must be a number from 0 to 16, not 17"),
            (json.dumps([0] * 63 + [True]), "application/json", "not true"),
            ("[" + "NaN," * 63 + "0]", "application/json", "not NaN"),
            (json.dumps([self.image] * 1001), "application/json", "At most 1000 images"),
        ]
        for body, content_type, words in table:
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                inference.input_fn(body, content_type)

    def test_a_foreign_model_is_refused(self):
        good = {"format": "digits-1", "hidden": [[0.0] * 65], "output": [[0.0] * 2] * 10}
        for change, words in [
            ({"format": "x"}, "not a digits model"),
            ({"output": [[0.0] * 3] * 10}, "do not fit together"),
            ({"hidden": []}, "do not fit"),
        ]:
            folder = self.folder()
            with open(os.path.join(folder, "model.json"), "w") as file:
                json.dump({**good, **change}, file)
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                inference.model_fn(folder)


class SourceTest(unittest.TestCase):
    def test_it_is_python_3_8(self):
        for path in glob.glob(os.path.join(CODE, "*.py")):
            with open(path, encoding="utf-8") as file:
                ast.parse(file.read(), feature_version=(3, 8))


if __name__ == "__main__":
    unittest.main()
