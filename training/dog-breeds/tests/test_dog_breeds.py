"""The dog breeds on real PyTorch: drawn dogs on disk, whole trainings on one and on two hosts, stopped ones, and serving."""

import ast
import base64
import contextlib
import glob
import io
import json
import os
import pickle
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
import zipfile
import zlib

import torch
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLE = os.path.dirname(HERE)
CODE = os.path.join(EXAMPLE, "code")
sys.path[:0] = [CODE, os.path.join(EXAMPLE, "rehearsal")]

import checkpoint  # noqa: E402
import dataset  # noqa: E402
import draw  # noqa: E402
import hosts  # noqa: E402
import images  # noqa: E402
import inference  # noqa: E402
import network  # noqa: E402
import shares  # noqa: E402
import train  # noqa: E402
import weights  # noqa: E402

torch.set_num_threads(1)
TINY = ("--backbone", "tiny", "--weights", "none", "--image-size", "32", "--batch-size", "16", "--workers", "0")
EPOCH = re.compile(r"^epoch (\d+)/(\d+) train loss: ([0-9.]+) valid loss: ([0-9.]+) valid accuracy: ([0-9.]+) \([0-9.]+ s\)$")
KEPT = re.compile(r"^epoch (\d+) is kept, best validation loss: ([0-9.]+) test loss: ([0-9.]+) test accuracy: ([0-9.]+)$")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def encode(image, kind="JPEG", **options):
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def find_lines(output, pattern):
    return [match.groups() for match in map(pattern.match, output.splitlines()) if match]


class DogsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="dog-breeds-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.data = folder.name
        draw.write_folder(cls.data, draw.draw_all({"train": 9, "valid": 5, "test": 5}, seed=2, size=40))

    def folder(self):
        folder = tempfile.TemporaryDirectory(prefix="dog-breeds-test-")
        self.addCleanup(folder.cleanup)
        return folder.name

    def copy_data(self):
        folder = self.folder()
        shutil.copytree(os.path.join(self.data, "dogImages"), folder, dirs_exist_ok=True)
        return folder

    def train(self, *arguments, folder=None, data=None, stop=None):
        """train.py in this process as the only host; the folder it wrote to, and what it printed."""
        folder = folder or self.folder()
        places = ("--data", data or self.data, "--model-dir", f"{folder}/model-0", "--checkpoint-dir", f"{folder}/checkpoints")
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            train.run(train.parse_arguments([*arguments, *places]), stop or train.Stop())
        return folder, output.getvalue()

    def start(self, *arguments, count=2, folder=None, data=None, environment=()):
        """train.py as a process a host, on addresses 127.0.0.N as in the local cloud."""
        folder, port, processes = folder or self.folder(), free_port(), []
        names = [f"127.0.0.{number + 2}" for number in range(count)]
        for number, name in enumerate(names):
            env = {
                "PATH": os.environ["PATH"],
                "SM_HOSTS": json.dumps(names),
                "SM_CURRENT_HOST": name,
                "MASTER_PORT": str(port),
                "SM_CHANNEL_TRAINING": data or self.data,
                "SM_MODEL_DIR": os.path.join(folder, f"model-{number}"),
                "SM_CHECKPOINT_DIR": os.path.join(folder, "checkpoints"),
                "TMPDIR": folder,
                "OMP_NUM_THREADS": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
                **dict(environment),
            }
            command = [sys.executable, "-u", os.path.join(CODE, "train.py"), *arguments]
            process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for clean in (process.stderr.close, process.stdout.close, process.kill):
                self.addCleanup(clean)
            processes.append(process)
        return folder, processes

    def finish(self, processes, code=0):
        outputs = [process.communicate(timeout=60) for process in processes]
        self.assertEqual([process.returncode for process in processes], [code] * len(processes), outputs)
        return outputs

    def wait_for(self, process, words):
        for line in process.stdout:
            if words in line:
                return
        self.fail(f"{words!r} never came: {process.stderr.read()}")

    def read_model(self, folder):
        return network.load(os.path.join(folder, "model-0"))

    def assert_same_model(self, one, other, tolerance=5e-4):
        # Sums in another order differ in the last bit, and at the kink of a ReLU that can show; a lost share would be 1e-2.
        first, second = self.read_model(one)[0].state_dict(), self.read_model(other)[0].state_dict()
        self.assertEqual(list(first), list(second))
        for name, tensor in first.items():
            self.assertTrue(torch.allclose(tensor, second[name], rtol=1e-4, atol=tolerance), name)


class TrainTest(DogsTest):
    def test_it_learns_and_says_how_well(self):
        folder, output = self.train(*TINY, "--epochs", "20", "--patience", "5", "--learning-rate", "0.05")
        epochs = find_lines(output, EPOCH)
        ((kept, best, test_loss, test_accuracy),) = find_lines(output, KEPT)
        self.assertEqual([epoch for epoch, *_ in epochs], [str(number + 1) for number in range(len(epochs))])
        losses = [float(loss) for *_, loss, _ in epochs]
        self.assertEqual((int(kept), float(best)), (losses.index(min(losses)) + 1, min(losses)))
        self.assertGreater(float(test_accuracy), 0.8)
        self.assertLess(float(epochs[-1][2]), float(epochs[0][2]) / 2)
        _, description = self.read_model(folder)
        self.assertAlmostEqual(description["test-loss"], float(test_loss), places=4)
        self.assertEqual(description["classes"][:2], ["Affenpinscher", "Afghan hound"])

    def test_a_losing_training_stops_early_and_keeps_its_best(self):
        folder, output = self.train(*TINY, "--epochs", "60", "--learning-rate", "0.2", "--patience", "2")
        losses = [float(loss) for *_, loss, _ in find_lines(output, EPOCH)]
        self.assertIn("stopped early: no better validation loss in 2 epochs", output)
        self.assertLess(len(losses), 60)
        self.assertEqual(losses.index(min(losses)), len(losses) - 3)
        ((kept, best, *_),) = find_lines(output, KEPT)
        self.assertEqual((int(kept), float(best)), (len(losses) - 2, min(losses)))
        loss, _ = self.measure(folder, "valid")
        self.assertAlmostEqual(loss, min(losses), places=3)

    def measure(self, folder, split):
        """Loss and accuracy of the served model, asked image by image."""
        model = inference.model_fn(os.path.join(folder, "model-0"))
        found, loss, right = dataset.Images(self.data), 0.0, 0
        for path, label in found.samples[split]:
            with open(os.path.join(found.root, path), "rb") as file:
                content = inference.input_fn(file.read(), "image/jpeg")
            ((*scores,),) = json.loads(inference.output_fn(inference.predict_fn(content, model), "application/json")[0])
            loss -= float(torch.log_softmax(torch.tensor(scores), 0)[label])
            right += scores.index(max(scores)) == label
        return loss / len(found.samples[split]), right / len(found.samples[split])

    def test_what_is_served_is_what_was_tested(self):
        folder, output = self.train(*TINY, "--epochs", "4", "--learning-rate", "0.05")
        ((_, _, test_loss, test_accuracy),) = find_lines(output, KEPT)
        loss, accuracy = self.measure(folder, "test")
        self.assertAlmostEqual(loss, float(test_loss), places=3)
        self.assertAlmostEqual(accuracy, float(test_accuracy), places=4)

    def test_two_hosts_compute_the_model_of_one(self):
        # 54 images in batches of 16: the last batch has 6, and 2 * 7 of 5 the other host's share is smaller.
        arguments = (*TINY, "--epochs", "3", "--batch-size", "7", "--learning-rate", "0.05")
        alone, output = self.train(*arguments)
        together, processes = self.start(*arguments)
        (first, _), (second, _) = self.finish(processes)
        self.assert_same_model(alone, together)
        for one, other in zip(find_lines(output, EPOCH), find_lines(first, EPOCH)):
            for value, same in zip(one, other):
                self.assertAlmostEqual(float(value), float(same), delta=2e-4)
        self.assertEqual(find_lines(second, EPOCH) + find_lines(second, KEPT), [])
        self.assertFalse(os.path.exists(os.path.join(together, "model-1")))
        self.assertEqual(glob.glob(os.path.join(together, "dog-breeds-hosts-*")), [])

    def test_a_stopped_training_goes_on_where_it_was(self):
        arguments = (*TINY, "--epochs", "40", "--patience", "0", "--learning-rate", "0.02")
        whole, whole_output = self.train(*arguments)
        folder, processes = self.start(*arguments)
        self.wait_for(processes[0], "epoch 2/40")
        processes[1].send_signal(signal.SIGTERM)  # one host is told, all of them stop
        outputs = self.finish(processes, 143)
        self.assertIn("a checkpoint was written", outputs[0][0])
        self.assertEqual(os.listdir(os.path.join(folder, "checkpoints")), [checkpoint.NAME])
        self.assertFalse(os.path.exists(os.path.join(folder, "model-0")))
        _, output = self.train(*arguments, folder=folder)
        self.assertIn("resumed after epoch", output)
        self.assertNotIn("epoch 1/40", output)
        self.assert_same_model(whole, folder)
        self.assertEqual(find_lines(whole_output, KEPT)[0][0], find_lines(output, KEPT)[0][0])

    def test_resuming_changes_not_a_bit(self):
        class StopInEpoch(train.Stop):
            """Is asked to stop at the 6th look: in the second epoch of four batches."""

            looks = 0

            @property
            def asked(self):
                self.looks += 1
                return self.looks == 6

        arguments = (*TINY, "--epochs", "4")
        whole, _ = self.train(*arguments)
        folder, output = self.train(*arguments, stop=StopInEpoch())
        self.assertIn("stopped in epoch 2 after batch 2; a checkpoint was written", output)
        _, output = self.train(*arguments, folder=folder)
        self.assertIn("resumed after epoch 1, batch 2", output)
        for one, other in zip(*(self.read_model(path)[0].state_dict().values() for path in (whole, folder))):
            self.assertTrue(torch.equal(one, other))
        _, output = self.train(*arguments, folder=folder)  # the job came back when all was done
        self.assertEqual((find_lines(output, EPOCH), len(find_lines(output, KEPT))), ([], 1))

    def test_a_lost_host_ends_the_others_with_a_reason(self):
        _, processes = self.start(*TINY, "--epochs", "10000", "--patience", "0")
        self.wait_for(processes[0], "epoch 1/10000")
        processes[1].kill()
        _, errors = processes[0].communicate(timeout=30)
        self.assertEqual(processes[0].returncode, 1)
        self.assertIn("train.py: error: Another host has ended or fallen silent: look at its log", errors)

    def test_a_bad_learning_rate_is_said(self):
        with self.assertRaisesRegex(ValueError, "no number any more in epoch [0-9]+: try a lower learning rate than 100"):
            self.train(*TINY, "--epochs", "9", "--learning-rate", "100")

    def test_bad_arguments_are_named(self):
        table = [
            (["--epochs", "0"], "argument --epochs: '0' is not a whole number from 1 to 10000"),
            (["--batch-size", "many"], "argument --batch-size: 'many' is not a whole number"),
            (["--learning-rate", "nan"], "argument --learning-rate: 'nan' is not a number above 0"),
            (["--backbone", "vgg"], "argument --backbone: invalid choice: 'vgg'"),
            (["--epoch", "3"], "unrecognized arguments: --epoch 3"),
        ]
        for arguments, words in table:
            errors = io.StringIO()
            with self.subTest(words), contextlib.redirect_stderr(errors), self.assertRaises(SystemExit) as ended:
                train.parse_arguments(arguments)
            self.assertEqual(ended.exception.code, 2)
            self.assertIn(words, errors.getvalue())


class FrozenTest(DogsTest):
    """A frozen ResNet-18 with weights from a channel; made here, they know nothing, and yet a head can learn from them."""

    arguments = ("--backbone", "resnet18", "--weights", "channel", "--image-size", "32", "--batch-size", "16", "--workers", "1")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        from torchvision import models

        torch.manual_seed(3)
        cls.weights = models.resnet18(weights=None).state_dict()
        cls.channel = os.path.join(cls.data, "weights")
        os.mkdir(cls.channel)
        torch.save(cls.weights, os.path.join(cls.channel, "resnet18-made-here.pth"))

    def setUp(self):
        os.environ["SM_CHANNEL_WEIGHTS"] = self.channel
        self.addCleanup(os.environ.pop, "SM_CHANNEL_WEIGHTS")

    def test_only_the_head_learns_and_two_hosts_compute_the_model_of_one(self):
        arguments = (*self.arguments, "--epochs", "6")
        alone, output = self.train(*arguments)
        net, description = self.read_model(alone)
        for name, tensor in net.backbone.state_dict().items():
            self.assertTrue(torch.equal(tensor, self.weights[name]), name)
        self.assertEqual((description["backbone"], description["norm"]), ("resnet18", "batch"))
        losses = [float(loss) for _, _, loss, *_ in find_lines(output, EPOCH)]
        self.assertLess(losses[-1], losses[0])
        self.assertIn("train: the backbone has seen this host's 54 of 54 images", output)
        together, processes = self.start(*arguments, environment={"SM_CHANNEL_WEIGHTS": self.channel}.items())
        (first, _), (second, _) = self.finish(processes)
        self.assert_same_model(alone, together)
        self.assertIn("this host's 27 of 54 images", first)
        self.assertIn("this host's 27 of 54 images", second)

    def test_stopped_before_the_first_epoch(self):
        stop = train.Stop()
        stop.ask()
        with self.assertRaisesRegex(shares.Stopped, "nothing to save yet"):
            self.train(*self.arguments, stop=stop)
        folder, processes = self.start(*self.arguments, count=1, environment={"SM_CHANNEL_WEIGHTS": self.channel}.items())
        self.wait_for(processes[0], "Host 1 of 1")
        processes[0].send_signal(signal.SIGTERM)
        self.finish(processes, 143)
        self.assertFalse(os.path.exists(os.path.join(folder, "model-0")))

    def test_weights_that_cannot_be_had(self):
        empty, foreign = self.folder(), self.folder()
        torch.save({"conv.weight": torch.zeros(1)}, os.path.join(foreign, "resnet18-foreign.pth"))
        damaged = self.folder()
        with open(os.path.join(damaged, "resnet18-damaged.pth"), "wb") as file:
            file.write(b"no weights")
        table = [
            (self.channel, "tiny", "channel", "tiny has no weights of others: say --weights none"),
            ("", "resnet18", "channel", "needs a channel `weights` .* put resnet18-[0-9a-f]+.pth from https"),
            (empty, "resnet50", "channel", r"must hold one resnet50\*.pth, and holds 0: put resnet50-"),
            (damaged, "resnet18", "channel", "resnet18-damaged.pth is not a file of weights"),
        ]
        for folder, backbone, source, words in table:
            os.environ["SM_CHANNEL_WEIGHTS"] = folder
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                weights.find_weights(backbone, source)
        os.environ["SM_CHANNEL_WEIGHTS"] = foreign
        with self.assertRaisesRegex(ValueError, "The weights do not fit resnet18"):
            network.Network("resnet18", 2, "batch", weights.find_weights("resnet18", "channel"))

    def test_a_download_that_fails_says_what_to_do(self):
        def refuse(url, **_):
            raise OSError("no way out")

        original = torch.hub.load_state_dict_from_url
        self.addCleanup(setattr, torch.hub, "load_state_dict_from_url", original)
        torch.hub.load_state_dict_from_url = refuse
        with self.assertRaisesRegex(ValueError, "resnet50-.*pth could not be downloaded: no way out.*--weights channel"):
            weights.find_weights("resnet50", "download")


class DataTest(DogsTest):
    def test_the_archive_of_the_rehearsal(self):
        path = os.path.join(EXAMPLE, "rehearsal", "dogImages.zip")
        self.assertLess(os.path.getsize(path), 200_000)
        folder = self.folder()
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        found = dataset.Images(folder)
        self.assertEqual(found.root, os.path.join(folder, "dogImages"))
        self.assertEqual([len(found.samples[split]) for split in dataset.SPLITS], [96, 30, 30])
        self.assertEqual(found.folders, sorted(draw.BREEDS))
        pixels = dataset.Pixels(found.root, [sample for split in dataset.SPLITS for sample in found.samples[split]], 32)
        self.assertEqual([type(pixels[number][0]) for number in range(156)], [torch.Tensor] * 156)

    def test_the_smoke_case_is_one_of_its_test_images(self):
        with open(os.path.join(EXAMPLE, "smoke", "dog.json"), encoding="ascii") as file:
            event = json.load(file)
        self.assertEqual((event["isBase64Encoded"], event["headers"]), (True, {"content-type": "image/jpeg"}))
        with zipfile.ZipFile(os.path.join(EXAMPLE, "rehearsal", "dogImages.zip")) as archive:
            names = [name for name in archive.namelist() if archive.read(name) == base64.b64decode(event["body"])]
        self.assertEqual([name.split("/")[1:3] for name in names], [["test", "005.Alaskan_malamute"]])

    def test_the_same_seed_draws_the_same_dogs(self):
        counts = {"train": 2}
        self.assertEqual(list(draw.draw_all(counts, 1, 32)), list(draw.draw_all(counts, 1, 32)))
        self.assertNotEqual(list(draw.draw_all(counts, 1, 32)), list(draw.draw_all(counts, 2, 32)))

    def test_classes_are_in_the_order_of_their_folders_everywhere(self):
        folder = self.copy_data()
        shutil.rmtree(os.path.join(folder, "valid", "001.Affenpinscher"))  # the others must not move up
        open(os.path.join(folder, "train", "001.Affenpinscher", "Thumbs.db"), "w").close()
        open(os.path.join(folder, "train", ".DS_Store"), "w").close()
        found = dataset.Images(folder)
        self.assertEqual(found.classes[5], "American eskimo dog")
        self.assertEqual({label for _, label in found.samples["valid"]}, {1, 2, 3, 4, 5})
        self.assertEqual(found.ignored, ["train/001.Affenpinscher/Thumbs.db"])
        self.assertNotEqual(found.hash(), dataset.Images(self.data).hash())

    def test_folders_that_cannot_be_used_are_named(self):
        def change(action):
            folder = self.copy_data()
            action(folder)
            return folder

        table = [
            ("/does/not/exist", "There is no folder /does/not/exist"),
            (self.folder(), "nor a folder in it has a train/"),
            (change(lambda folder: shutil.rmtree(f"{folder}/test")), "There is no folder .*/test"),
            (change(lambda folder: os.mkdir(f"{folder}/test/007.Barbet")), "test/007.Barbet is a class that train/ has not"),
            (change(lambda folder: [shutil.rmtree(path) for path in glob.glob(f"{folder}/valid/*")]), "valid holds no image"),
            (change(lambda folder: [shutil.rmtree(f"{folder}/train/{name}") for name in [*draw.BREEDS][1:]]), "has 1 folders"),
        ]
        for folder, words in table:
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                dataset.Images(folder)

    def test_a_broken_image_is_named_also_by_a_worker(self):
        folder = self.copy_data()
        path = sorted(glob.glob(f"{folder}/train/003.*/*.jpg"))[0]
        with open(path, "wb") as file:
            file.write(b"GIF89a no picture")
        found = dataset.Images(folder)
        pixels = dataset.Pixels(found.root, found.samples["train"], 32)
        for workers in (0, 1):
            with self.assertRaisesRegex(ValueError, "^train/003.Airedale_terrier/.*_00001.jpg cannot be read as an image"):
                list(dataset.load(pixels, [[17, 18], [19]], workers))

    def test_a_file_that_ends_too_early_is_used_and_said(self):
        content = encode(Image.effect_noise((64, 64), 90).convert("RGB"))
        folder = self.copy_data()
        path = os.path.join(folder, "train/004.Akita/Akita_00001.jpg")
        with open(path, "wb") as file:
            file.write(content[: len(content) * 3 // 4])
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            pixels, _ = dataset.Pixels(folder, [("train/004.Akita/Akita_00001.jpg", 3)], 32)[0]
        self.assertEqual(pixels.shape, (3, 32, 32))
        self.assertIn("train/004.Akita/Akita_00001.jpg ends too early", output.getvalue())
        with self.assertRaisesRegex(ValueError, "truncated"):  # nowhere else
            images.decode(content[: len(content) * 3 // 4])

    def test_every_image_is_in_one_batch_of_one_host(self):
        batches = shares.draw_batches(54, 7, 1, 0)
        self.assertEqual(sorted(number for batch in batches for number in batch), list(range(54)))
        self.assertEqual([len(batch) for batch in batches], [7] * 7 + [5])
        self.assertNotEqual(batches, shares.draw_batches(54, 7, 1, 1))
        self.assertNotEqual(batches, shares.draw_batches(54, 7, 2, 0))


class ImageTest(unittest.TestCase):
    def test_the_centre_is_seen_upright(self):
        image = Image.new("RGB", (300, 100), "red")
        image.paste("blue", (100, 0, 200, 100))  # all that a square view has in it
        pixels = images.to_pixels(image, 32)
        self.assertEqual((pixels[0].max().item(), pixels[2].min().item()), (0, 255))
        top = Image.new("RGB", (64, 64), "white")
        top.paste("black", (0, 0, 64, 32))
        exif = Image.Exif()
        exif[0x0112] = 3  # taken upside down
        turned = images.to_pixels(images.decode(encode(top, exif=exif)), 32)
        self.assertGreater(turned[:, 4].min(), 200)
        self.assertLess(turned[:, 28].max(), 60)

    def test_kinds_of_pixels(self):
        for mode in ("L", "RGBA", "P", "CMYK", "1"):
            kind = "JPEG" if mode == "CMYK" else "PNG"
            self.assertEqual(images.decode(encode(Image.new(mode, (40, 50)), kind)).mode, "RGB")

    def test_a_thin_image_stays_small(self):
        self.assertEqual(images.to_pixels(images.decode(encode(Image.new("RGB", (60_000, 1)), "PNG")), 224).shape, (3, 224, 224))

    def test_hostile_images(self):
        def claim(width, height):
            header = b"IHDR" + struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
            data = b"IDAT" + zlib.compress(b"\0" * 1000)
            number = struct.Struct("!I").pack
            chunks = [number(len(part) - 4) + part + number(zlib.crc32(part)) for part in (header, data, b"IEND")]
            return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)

        table = [
            (b"", "neither JPEG nor PNG"),
            (b"GIF89a" + bytes(50), "neither JPEG nor PNG"),
            (encode(Image.new("RGB", (8, 8)), "GIF"), "neither JPEG nor PNG"),
            (encode(Image.new("RGB", (64, 64)))[:300], "."),
            (claim(8000, 8000), "8000 x 8000 pixels; at most 50 million"),
            (claim(60_000, 60_000), "claims more than 50 million pixels"),
            (claim(500, 500), "."),
        ]
        for content, words in table:
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                images.decode(content)


class CheckpointTest(DogsTest):
    def test_what_was_written_is_found(self):
        folder = self.folder()
        self.assertIsNone(checkpoint.find(folder, {"seed": 1}, 9))
        checkpoint.write(folder, {"progress": {"settings": {"seed": 1}, "epoch": 3, "loss": 0.1}, "weights": torch.ones(2)})
        found = checkpoint.find(folder, {"seed": 1}, 9)
        self.assertEqual((found["progress"]["loss"], found["weights"].tolist()), (0.1, [1, 1]))
        self.assertEqual(os.listdir(folder), [checkpoint.NAME])

    def test_what_does_not_fit_is_not_used(self):
        folder, output = self.folder(), io.StringIO()
        checkpoint.write(folder, {"progress": {"settings": {"seed": 1}, "epoch": 3}})
        path = os.path.join(folder, checkpoint.NAME)
        with contextlib.redirect_stdout(output):
            self.assertIsNone(checkpoint.find(folder, {"seed": 2}, 9))
            self.assertIsNone(checkpoint.find(folder, {"seed": 1}, 2))
            with open(path, "r+b") as file:
                file.truncate(os.path.getsize(path) // 2)
            self.assertIsNone(checkpoint.find(folder, {"seed": 1}, 9))
        for words in ("other settings", "further than the 2", "damaged"):
            self.assertIn(words, output.getvalue())

    def test_nothing_in_it_is_run(self):
        folder = self.folder()

        class Hostile:
            def __reduce__(self):
                return os.mkdir, (os.path.join(folder, "was-run"),)

        with open(os.path.join(folder, checkpoint.NAME), "wb") as file:
            pickle.dump(Hostile(), file)
        torch.save({"progress": Hostile()}, os.path.join(folder, "other.pth"))
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertIsNone(checkpoint.find(folder, {}, 9))
            os.replace(os.path.join(folder, "other.pth"), os.path.join(folder, checkpoint.NAME))
            self.assertIsNone(checkpoint.find(folder, {}, 9))
        self.assertEqual(os.listdir(folder), [checkpoint.NAME])


class HostsTest(DogsTest):
    def test_a_stranger_is_told_nothing_that_counts(self):
        port, paths = free_port(), []
        deadline = hosts.time.monotonic() + 10
        first = threading.Thread(target=hosts.tell, args=("127.0.0.1", port, 2, "/somewhere/store", deadline), daemon=True)
        first.start()
        while True:
            try:
                stranger = socket.create_connection(("127.0.0.1", port), timeout=5)
                break
            except ConnectionRefusedError:
                self.assertLess(hosts.time.monotonic(), deadline)
        with stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            try:
                self.assertEqual(stranger.recv(100), b"")
            except ConnectionResetError:
                pass  # closed with our bytes unread
        paths.append(hosts.ask("127.0.0.1", port, 1, deadline))
        first.join(10)
        self.assertEqual((first.is_alive(), paths), (False, ["/somewhere/store"]))

    def test_nobody_to_meet(self):
        now = hosts.time.monotonic()
        with self.assertRaisesRegex(hosts.LostHost, "Could not reach the first host at 127.0.0.1"):
            hosts.ask("127.0.0.1", free_port(), 1, now)
        with self.assertRaisesRegex(hosts.LostHost, "Did not hear from 2 of 2 other hosts in time"):
            hosts.tell("127.0.0.1", free_port(), 3, "/x", now)

    def test_hosts_that_differ_say_so(self):
        other = hosts.Hosts(1, 2, torch.device("cpu"))
        other.share = lambda _: b'{"seed": 1, "images": "abc"}'
        with self.assertRaisesRegex(ValueError, "other settings or images: images is xyz here and abc there"):
            train.check_agreement({"seed": 1, "images": "xyz"}, other)


class InferenceTest(DogsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        torch.manual_seed(1)
        cls.folder_of_model = os.path.join(cls.data, "model")
        classes = [f"breed {number}" for number in range(7)]
        description = {"backbone": "tiny", "norm": "group", "image-size": 32, "classes": classes}
        network.save(cls.folder_of_model, network.Network("tiny", 7), description)
        cls.model = inference.model_fn(cls.folder_of_model)
        cls.picture = encode(Image.new("RGB", (50, 40), "orange"))

    def answer(self, body, content_type, accept="application/json"):
        text, kind = inference.output_fn(inference.predict_fn(inference.input_fn(body, content_type), self.model), accept)
        self.assertEqual(kind, "application/json")
        return json.loads(text)

    def test_forms_of_input(self):
        (scores,) = self.answer(self.picture, "image/jpeg")
        self.assertEqual(len(scores), 7)
        text = base64.b64encode(self.picture).decode()
        for body, kind in [
            (bytearray(self.picture), "image/jpeg; x=y"),
            (json.dumps({"instances": [text]}), "application/json"),
            (json.dumps({"instances": [text]}).encode(), "Application/JSON; charset=utf-8"),
        ]:
            self.assertEqual(self.answer(body, kind), [scores])
        png = base64.b64encode(encode(Image.new("RGB", (9, 9), "blue"), "PNG")).decode()
        several = self.answer(json.dumps({"instances": [text, png, text]}), "application/json")
        self.assertEqual(len(several), 3)
        self.assertNotEqual(several[0], several[1])
        for value, same in zip(several[2], scores):  # another batch adds in another order
            self.assertAlmostEqual(value, same, places=5)

    def test_names_and_probabilities_on_request(self):
        (scores,) = self.answer(self.picture, "image/jpeg")
        (told,) = self.answer(self.picture, "image/jpeg", "application/json; verbose=1")["predictions"]
        best = scores.index(max(scores))
        self.assertEqual((told["class"], told["scores"], told["top"][0]["index"]), (f"breed {best}", scores, best))
        self.assertEqual(len(told["top"]), 5)
        self.assertAlmostEqual(told["probability"], float(torch.softmax(torch.tensor(scores), 0)[best]), places=5)

    def test_bad_requests_are_answered_with_a_reason(self):
        def instances(*values):
            return json.dumps({"instances": list(values)})

        bad = base64.b64encode(b"no image").decode()
        table = [
            (b"", "image/jpeg", 400, "The body is empty"),
            (b"no image", "image/png", 400, "Image 0 cannot be read: it is neither JPEG nor PNG."),
            (b"x", "text/html", 415, "must be image/jpeg, image/png or application/json"),
            ("{", "application/json", 400, "not JSON"),
            (b"\xff\xfe{", "application/json", 400, "not JSON"),
            ("[" * 100_000, "application/json", 400, "not JSON"),
            ("[]", "application/json", 400, 'must be {"instances"'),
            ('{"url": "https://example.org/dog.jpg"}', "application/json", 400, "fetches no addresses"),
            (instances(), "application/json", 400, "1 to 32 images, not 0"),
            (instances(*["x"] * 33), "application/json", 400, "1 to 32 images, not 33"),
            (instances(3), "application/json", 400, "instances[0] must be a text, an image as base64, not a int"),
            (instances("é"), "application/json", 400, "instances[0] is not base64"),
            (instances(base64.b64encode(self.picture).decode(), bad), "application/json", 400, "Image 1 cannot be read"),
        ]
        for body, kind, status, words in table:
            with self.subTest(words), self.assertRaises(inference.Refusal) as refused:
                self.answer(body, kind)
            self.assertIn(words, str(refused.exception))
            self.assertEqual(refused.exception.status_code, status)
            self.assertNotRegex(refused.exception.phrase, r"[\r\n]")
        with self.assertRaises(inference.Refusal) as refused:
            self.answer(self.picture, "image/jpeg", "text/csv")
        self.assertEqual(refused.exception.status_code, 406)

    def test_a_foreign_model_is_refused(self):
        folder = self.folder()
        table = [({"format": "x"}, "not a model of this program"), ({"classes": ["a", "b"]}, "model.pth does not fit")]
        for change, words in table:
            shutil.copytree(self.folder_of_model, folder, dirs_exist_ok=True)
            path = os.path.join(folder, "model.json")
            with open(path, encoding="utf-8") as file:
                description = json.load(file)
            with open(path, "w", encoding="utf-8") as file:
                json.dump({**description, **change}, file)
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                inference.model_fn(folder)


class SourceTest(unittest.TestCase):
    def test_it_is_python_3_8(self):
        for path in glob.glob(os.path.join(CODE, "*.py")):
            with open(path, encoding="utf-8") as file:
                ast.parse(file.read(), feature_version=(3, 8))


if __name__ == "__main__":
    unittest.main()
