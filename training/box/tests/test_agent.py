"""Runs the agent as a process, as user data does, against an S3 and a metadata service on 127.0.0.1."""

import ast
import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import warnings
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
AGENT = os.path.join(os.path.dirname(HERE), "agent.py")
LAUNCHER = os.path.join(os.path.dirname(os.path.dirname(HERE)), "launcher", "launcher.py")
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import agent  # noqa: E402
from fake_aws import REGION, Aws  # noqa: E402

PREFIX = "trainyard/pr/7/jobs/digits-ec2-0123456789-a1/"
CHECKPOINTS = "trainyard/pr/7/checkpoints/digits-ec2-0123456789/"
HOSTILE = "it's $(id) `id` \"x\" \\ \n ü 🚂"
MODEL = "import os\nopen(os.path.join(os.environ['SM_MODEL_DIR'], 'weights.txt'), 'w').write('learned')\n"
# Tells where it is by its checkpoint, then waits to be ended.
PATIENT = """
import os, signal, sys, time
folder = os.environ["SM_CHECKPOINT_DIR"]
path = os.path.join(folder, "epoch.txt")
print("epoch", open(path).read() if os.path.exists(path) else "none", flush=True)
def stop(*_):
    open(path, "w").write("5")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
open(path, "w").write("4")
while True:
    time.sleep(0.1)
"""


def to_archive(text):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        entry = tarfile.TarInfo("train.py")
        entry.size = len(text.encode())
        archive.addfile(entry, io.BytesIO(text.encode()))
    return content.getvalue()


class Case(unittest.TestCase):
    def setUp(self):
        self.aws = Aws()
        self.addCleanup(self.aws.close)
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = os.path.realpath(holder.name)
        self.base = os.path.join(self.folder, "ml")
        self.job = {
            "schema": 1,
            "name": "digits-ec2-0123456789-a1",
            "region": REGION,
            "bucket": "box",
            "prefix": PREFIX,
            "channels": {
                "code": {"bucket": "box", "prefix": "trainyard/pr/7/code/abc/"},
                "training": {"bucket": "data", "prefix": "digits/"},
            },
            "entryPoint": "train.py",
            "hyperparameters": {"epochs": "5"},
            "environment": {},
            "checkpoints": CHECKPOINTS,
            "instanceType": "m5.xlarge",
            "vcpus": 4,
            "memoryGib": 16,
            "maxRuntimeSeconds": 60,
            "stopGraceSeconds": 10,
        }
        with open(LAUNCHER, "rb") as file:
            self.aws.put("trainyard/pr/7/code/abc/launcher.py", file.read())
        self.aws.put("digits/digits.csv", "1,2\n", "data")
        os.makedirs(os.path.join(self.folder, "bin"))
        os.makedirs(self.base)
        shutdown = os.path.join(self.folder, "bin", "shutdown")
        with open(shutdown, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\necho "$*" >> "{self.folder}/shutdown.txt"\n')
        os.chmod(shutdown, 0o755)

    def start(self, script, **options):
        self.aws.put("trainyard/pr/7/code/abc/code.tar.gz", to_archive(script))
        environment = {
            "PATH": f"{self.folder}/bin:{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.aws.url,
            "SAGEMAKER_BASE_DIR": self.base,
        }
        command = [sys.executable, "-B", AGENT, json.dumps(self.job)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def end(self, process):
        """The console, and the status, once the machine has asked to be shut down."""
        console = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 0, console)
        with open(os.path.join(self.folder, "shutdown.txt"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "-P now\n")
        os.unlink(os.path.join(self.folder, "shutdown.txt"))
        return console, self.status()

    def run_script(self, script, **options):
        return self.end(self.start(script, **options))[1]

    def status(self):
        return json.loads(self.aws.get(PREFIX + "box/status.json"))

    def log(self):
        return "".join(self.aws.get(key).decode() for key in self.aws.keys(PREFIX + "box/log/"))

    def samples(self):
        lines = "".join(self.aws.get(key).decode() for key in self.aws.keys(PREFIX + "box/samples/")).splitlines()
        return [json.loads(line) for line in lines]

    def wait_for(self, what, seconds=30):
        deadline = time.monotonic() + seconds
        while not (found := what()):
            self.assertLess(time.monotonic(), deadline, "it did not happen in time")
            time.sleep(0.05)
        return found

    def wait_for_state(self, state):
        self.wait_for(lambda: PREFIX + "box/status.json" in self.aws.keys(PREFIX) and self.status()["state"] == state)

    def open_archive(self, name):
        with tarfile.open(fileobj=io.BytesIO(self.aws.get(f"{PREFIX}output/{name}")), mode="r:gz") as archive:
            return {entry.name: archive.extractfile(entry).read() if entry.isfile() else entry.linkname for entry in archive}


class WholeJob(Case):
    def test_success(self):
        self.job["hyperparameters"] = {"note": HOSTILE, "folder": "/opt/ml/model"}
        self.job["environment"] = {"NOTE": HOSTILE}
        for place, content in {"a b+c/é.csv": "x", "empty": "", "folder/": "", "%41": "percent"}.items():
            self.aws.put(f"digits/{place}", content, "data")
        self.aws.page = 2
        script = (
            "import json, os, sys\nprint(json.dumps([sys.argv[1:], dict(os.environ)]))\n"
            "os.makedirs(os.environ['SM_MODEL_DIR'] + '/deep')\nopen(os.environ['SM_MODEL_DIR'] + '/deep/w', 'w').write('1')\n"
            "os.symlink('deep/w', os.environ['SM_MODEL_DIR'] + '/link')\n"
            "os.link(os.environ['SM_MODEL_DIR'] + '/deep/w', os.environ['SM_MODEL_DIR'] + '/twin')\n"
            "open(os.environ['SM_OUTPUT_DATA_DIR'] + '/notes', 'w').write('2')\n"
        )
        console, status = self.end(self.start(script))

        self.assertEqual(status["state"], "completed")
        self.assertEqual([phase["status"] for phase in status["phases"]], ["Starting", "Downloading", "Training", "Uploading"])
        for phase, following in zip(status["phases"], [*status["phases"][1:], None]):
            self.assertRegex(phase["start"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertGreaterEqual(phase["end"], phase["start"])
            if following:
                self.assertGreaterEqual(following["start"], phase["end"])
        known = {"schema": 1, "name": self.job["name"], "instance": "i-0123456789abcdef0", "exitCode": 0, "model": True}
        self.assertEqual({**status, **known, "vcpus": 4, "gpus": status["gpus"], "firstLogPart": 1, "firstSamplePart": 1}, status)
        self.assertEqual(status["logParts"], len(self.aws.keys(PREFIX + "box/log/")))
        self.assertEqual(status["sampleParts"], len(self.aws.keys(PREFIX + "box/samples/")))

        data = os.path.join(self.base, "input", "data", "training")
        found = {}
        for path, name in agent.list_files(data):
            with open(path, encoding="utf-8") as file:
                found[name] = file.read()
        self.assertEqual(found, {"a b+c/é.csv": "x", "empty": "", "%41": "percent", "digits.csv": "1,2\n"})
        self.assertEqual(self.open_archive("model.tar.gz"), {"deep/w": b"1", "link": "deep/w", "twin": b"1"})
        self.assertEqual(self.open_archive("output.tar.gz"), {"notes": b"2"})

        line = next(line for line in self.log().splitlines() if line.startswith("[["))
        arguments, environment = json.loads(line)
        self.assertEqual(arguments, ["--folder", f"{self.base}/model", "--note", HOSTILE])
        self.assertEqual(environment["NOTE"], HOSTILE)
        self.assertEqual(environment["TRAINING_JOB_NAME"], self.job["name"])
        self.assertEqual(environment["SM_CURRENT_INSTANCE_TYPE"], "m5.xlarge")
        self.assertEqual(json.loads(environment["SM_CHANNELS"]), ["code", "training"])
        self.assertIn("channel training: 4 files", console)

        told = console + "".join(content.decode("latin-1") for contents in self.aws.written.values() for content in contents)
        for session in range(1, self.aws.session + 1):
            self.assertNotIn(f"secret/{session}+key", told)
            self.assertNotIn(f"session-{session}", told)

    def test_failing_script(self):
        status = self.run_script(MODEL + "import sys\nprint('no data', file=sys.stderr)\nsys.exit(3)")
        self.assertEqual((status["state"], status["exitCode"], status["model"]), ("failed", 3, False))
        self.assertTrue(status["failure"].startswith("no data\ntrain.py ended with exit code 3."), status["failure"])
        self.assertNotIn(f"{PREFIX}output/model.tar.gz", self.aws.keys(PREFIX))

    def test_failure_without_the_launchers_words_has_the_end_of_the_log(self):
        status = self.run_script("import os, signal\nprint('nearly there', flush=True)\nos.kill(os.getppid(), signal.SIGKILL)")
        self.assertEqual((status["state"], status["exitCode"]), ("failed", 137))
        self.assertIn("train.py ended with exit code 137.", status["failure"])
        self.assertIn("nearly there", status["failure"])

    def test_time_limit_ends_everything_and_keeps_the_model(self):
        self.job.update(maxRuntimeSeconds=2, stopGraceSeconds=1)
        stubborn = (
            "import signal, subprocess, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "away = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'], start_new_session=True)\n"
            "print('orphan', away.pid, flush=True)\ntime.sleep(99)"
        )
        begun = time.monotonic()
        status = self.run_script(MODEL + stubborn)
        self.assertLess(time.monotonic() - begun, 20)
        self.assertEqual((status["state"], status["exitCode"], status["model"]), ("timed-out", 137, True))
        self.assertEqual(self.open_archive("model.tar.gz"), {"weights.txt": b"learned"})
        orphan = int(re.search(r"orphan (\d+)", self.log())[1])
        self.assertFalse(os.path.exists(f"/proc/{orphan}"))
        self.assertIn("did not end within 1 s of SIGTERM", self.log())

    def test_spot_notice_keeps_checkpoints_and_the_next_machine_goes_on(self):
        process = self.start(PATIENT)
        self.wait_for(lambda: "epoch none" in self.log())
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 30))
        self.aws.meta["spot/instance-action"] = json.dumps({"action": "terminate", "time": ends})
        console, status = self.end(process)
        self.assertIn("EC2 takes this spot machine back", console)
        self.assertEqual((status["state"], status["model"]), ("interrupted", False))
        self.assertEqual([phase["status"] for phase in status["phases"]], ["Starting", "Downloading", "Training"])
        self.assertEqual(self.aws.get(CHECKPOINTS + "epoch.txt"), b"5")

        del self.aws.meta["spot/instance-action"]
        self.aws.meta["instance-id"] = "i-0123456789abcdef1"
        earlier, self.base = status, os.path.join(self.folder, "second")
        os.makedirs(self.base)
        next_script = "import os\nprint('epoch', open(os.environ['SM_CHECKPOINT_DIR'] + '/epoch.txt').read())"
        status = self.run_script(next_script)
        self.assertEqual((status["state"], status["instance"]), ("completed", "i-0123456789abcdef1"))
        self.assertIn("epoch 5", self.log())
        self.assertEqual(status["firstLogPart"], earlier["logParts"] + 1)
        self.assertEqual(status["firstSamplePart"], earlier["sampleParts"] + 1)
        self.assertEqual(status["logParts"], len(self.aws.keys(PREFIX + "box/log/")))
        # What was restored and not changed is not written again.
        self.assertEqual(self.aws.written[CHECKPOINTS + "epoch.txt"][-1:], [b"5"])
        self.assertEqual(self.aws.written[CHECKPOINTS + "epoch.txt"].count(b"5"), 1)

    def test_stop_signal(self):
        process = self.start(MODEL + PATIENT)
        self.wait_for(lambda: "epoch none" in self.log())
        process.send_signal(signal.SIGTERM)
        status = self.end(process)[1]
        self.assertEqual((status["state"], status["exitCode"], status["model"]), ("stopped", 0, True))
        self.assertEqual(self.aws.get(CHECKPOINTS + "epoch.txt"), b"5")

    def test_machine_that_is_terminated_sends_the_signal_to_everyone(self):
        careless = "import time\nprint('epoch none', flush=True)\ntime.sleep(99)"
        for script, code, later in [(PATIENT, 0, 0), (careless, 143, 0.1)]:
            process = self.start("import os\nprint('launcher', os.getppid(), flush=True)\n" + script)
            line = self.wait_for(lambda: re.search(r"launcher (\d+)\n(?s:.*)epoch none", self.log()))
            os.kill(int(line[1]), signal.SIGTERM)
            time.sleep(later)
            process.send_signal(signal.SIGTERM)
            status = self.end(process)[1]
            self.assertEqual(status["state"], "stopped", status)
            # 143, too, when the second signal finds the interpreter at its end.
            self.assertIn(status["exitCode"], (code, 143))
            self.aws.objects = {place: content for place, content in self.aws.objects.items() if "jobs/" not in place[1]}

    def test_samples_hold_all_cpu_also_of_short_children(self):
        script = """
import resource, subprocess, sys, time
for _ in range(8):
    subprocess.run([sys.executable, "-S", "-c", "import time\\nwhile time.process_time() < 0.15: pass"])
used = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
time.sleep(0.5)
print("used", used)
"""
        status = self.run_script(script)
        samples, used = self.samples(), float(re.search(r"used ([\d.]+)", self.log())[1])
        last, seconds = 0, 0
        for sample in samples:
            width = 2 * (sample["at"] - last)
            last, seconds = last + width, seconds + width * sample["cpu"] / 100 * 4
        self.assertGreater(used, 1.1)
        # The launcher's own share is in it, too; times have ticks of 10 ms.
        self.assertTrue(-0.1 < seconds - used < 0.5, f"{seconds} of {used}")
        self.assertTrue(all(0 < sample["memory"] < 50 for sample in samples), samples)
        training = next(phase for phase in status["phases"] if phase["status"] == "Training")
        begin, end = (agent.parse_time(training[name][:19] + "Z") for name in ("start", "end"))
        self.assertAlmostEqual(last, end - begin, delta=1.5)


    def test_gpus_are_counted_and_their_mean_load_is_sampled(self):
        tool = os.path.join(self.folder, "bin", "nvidia-smi")
        with open(tool, "w", encoding="utf-8") as file:
            file.write(
                '#!/bin/sh\nif [ "$1" = -L ] || [ "$1" = --list-gpus ]; then\necho "GPU 0: T4"; echo "GPU 1: T4"; exit\nfi\n'
                f'echo $$ > "{self.folder}/tool.txt"\nwhile :; do echo 40; echo 60; sleep 0.2; done\n'
            )
        os.chmod(tool, 0o755)
        status = self.run_script("import time\ntime.sleep(2.5)")
        self.assertEqual((status["state"], status["gpus"]), ("completed", 2))
        self.assertIn(50, [sample.get("gpu") for sample in self.samples()])
        with open(os.path.join(self.folder, "tool.txt"), encoding="utf-8") as file:
            self.assertFalse(os.path.exists(f"/proc/{int(file.read())}"))


class Trouble(Case):
    def test_what_does_not_last_is_tried_again(self):
        faults = self.aws.faults
        faults["GET", "digits/digits.csv"] = [503, "cut", "cut"]
        faults["PUT", PREFIX + "output/model.tar.gz"] = [500]
        faults["PUT", PREFIX + "box/log/00000001.txt"] = [503, "cut"]
        self.aws.session_seconds = 2
        status = self.run_script(MODEL + "import time\ntime.sleep(2.5)\nprint('said')")
        self.assertEqual(status["state"], "completed", status)
        self.assertEqual([list(each) for each in faults.values() if each], [])
        self.assertEqual(self.log().count("said"), 1)
        self.assertGreater(self.aws.session, 1)
        with open(os.path.join(self.base, "input/data/training/digits.csv"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "1,2\n")

    def test_status_that_is_not_taken_in_the_middle_costs_no_job(self):
        box = agent.Box(self.job)
        with mock.patch.object(box, "tell", side_effect=agent.Refused("503")):
            with self.assertRaises(agent.Refused):
                box.enter("starting")
            box.enter("training")
        self.assertEqual(box.status["state"], "training")

    def test_wrong_clock(self):
        self.aws.skew = 3600
        status = self.run_script(MODEL)
        self.assertEqual(status["state"], "completed")
        self.assertAlmostEqual(agent.parse_time(status["updated"][:19] + "Z"), time.time() + 3600, delta=60)

    def test_hostile_key(self):
        self.aws.put("digits/../../code/evil.py", "x", "data")
        status = self.run_script(MODEL)
        self.assertEqual(status["state"], "failed")
        self.assertIn("'digits/../../code/evil.py' names no file inside its folder", status["failure"])
        self.assertFalse(os.path.exists(os.path.join(self.base, "input/code/evil.py")))

    def test_channel_without_objects(self):
        self.job["channels"]["training"]["prefix"] = "nothing/"
        status = self.run_script(MODEL)
        self.assertEqual(status["failure"], "There is no object below s3://data/nothing/, the channel training.")

    def test_refused_output(self):
        self.aws.refuse_writes = "output/"
        status = self.run_script(MODEL)
        self.assertEqual((status["state"], status["model"], status["exitCode"]), ("failed", False, 0))
        self.assertIn("model.tar.gz failed: 403 AccessDenied: box-role is not authorized", status["failure"])
        self.assertIn(" & more", status["failure"])

    def test_role_that_may_not_write_at_all_ends_the_machine_at_once(self):
        self.aws.refuse_writes = PREFIX
        process = self.start(MODEL)
        console = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 0)
        self.assertIn("machine: PUT s3://box/trainyard/pr/7/jobs/digits-ec2-0123456789-a1/box/status.json failed: 403", console)
        self.assertIn("the last status could not be written", console)
        self.assertTrue(os.path.exists(os.path.join(self.folder, "shutdown.txt")))
        self.assertNotIn("GET", [method for method, key, _ in self.aws.calls if key.startswith("digits")])

    def limit_files(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    def test_disk_that_is_full_while_data_comes(self):
        self.aws.put("digits/large", b"0" * 200_000, "data")
        status = self.run_script(MODEL, preexec_fn=self.limit_files)
        self.assertEqual(status["state"], "failed")
        self.assertIn("The disk of the machine is full", status["failure"])
        self.assertIn("raise volume-gb", status["failure"])

    def test_disk_that_is_full_while_the_script_runs(self):
        status = self.run_script(
            "import os\nopen(os.environ['SM_MODEL_DIR'] + '/large', 'wb').write(b'0' * 200_000)", preexec_fn=self.limit_files
        )
        self.assertEqual((status["state"], status["exitCode"]), ("failed", 1))
        self.assertTrue(status["failure"].startswith("The script had no more room to write: raise volume-gb"), status["failure"])

    def test_notice_before_training_began(self):
        self.aws.meta["spot/instance-action"] = json.dumps({"action": "terminate", "time": "nonsense"})
        self.aws.faults["GET", "digits/digits.csv"] = [503] * 6
        status = self.run_script(PATIENT)
        self.assertEqual(status["state"], "interrupted", status)

    def test_long_lines_and_bytes_that_are_no_text(self):
        script = "import os\nos.write(1, b'x' * 200_000)\nos.write(1, b'\\xff\\x00 end')"
        self.run_script(script)
        self.assertGreater(len(self.log()), 200_000)
        self.assertTrue(self.log().endswith("\ufffd\x00 end\n"), self.log()[-50:])


class Pieces(Case):
    def setUp(self):
        super().setUp()
        # Connections of threads that are over are closed with them.
        warnings.simplefilter("ignore", ResourceWarning)
        names = {"AWS_ENDPOINT_URL": self.aws.url, "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.aws.url}
        patch = mock.patch.dict(os.environ, names)
        patch.start()
        self.addCleanup(patch.stop)
        self.s3 = agent.S3(agent.Metadata(), REGION)

    def test_signature_is_that_of_the_documentation(self):
        # "Example: GET Object" of AWS's page on signature calculations for the Authorization header of S3.
        headers = {"host": "examplebucket.s3.amazonaws.com", "range": "bytes=0-9", "x-amz-content-sha256": agent.sha256(b"")}
        keys = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
        signed = agent.sign("GET", "/test.txt", "", headers, "us-east-1", keys, "20130524T000000Z")
        self.assertTrue(
            signed["authorization"].endswith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        )

    def test_it_is_python_3_8(self):
        with open(AGENT, encoding="utf-8") as file:
            ast.parse(file.read(), feature_version=(3, 8))

    def test_address_of_a_bucket(self):
        del os.environ["AWS_ENDPOINT_URL"]
        for region, bucket, expected in [
            ("eu-west-1", "my-bucket", ("https", "my-bucket.s3.eu-west-1.amazonaws.com", "/a%20b/%2B")),
            ("eu-west-1", "my.bucket", ("https", "s3.eu-west-1.amazonaws.com", "/my.bucket/a%20b/%2B")),
            ("cn-north-1", "my-bucket", ("https", "my-bucket.s3.cn-north-1.amazonaws.com.cn", "/a%20b/%2B")),
        ]:
            self.assertEqual(agent.S3(None, region).locate(bucket, "a b/+"), expected)

    def test_place_of_an_object(self):
        for key, prefix, place in [
            ("data/a", "data/", "a"),
            ("data/a/b", "data", "a/b"),
            ("data-2/a", "data", "data-2/a"),
            ("x/data", "x/data", "data"),
        ]:
            self.assertEqual(agent.find_place(key, prefix), place)
        for key in ["data/../a", "data//etc", "data/a/", "data/.", "data/a\0b", "data/a/../../b", "data/"]:
            with self.assertRaisesRegex(agent.BoxError, "names no file"):
                agent.find_place(key, "data/")

    def test_large_upload_goes_in_parts(self):
        with mock.patch.object(agent, "PART_BYTES", 1000):
            for size in (0, 1000, 1001, 2000, 2500):
                content = os.urandom(size)
                with agent.Upload(self.s3, "box", "model") as out:
                    for start in range(0, size, 300):
                        out.write(content[start : start + 300])
                self.assertEqual(self.aws.get("model"), content)
        sent = [query["partNumber"] for method, _, query in self.aws.calls if "partNumber" in query]
        self.assertEqual(sent, ["1", "2", "1", "2", "1", "2", "3"])
        self.assertEqual(self.aws.uploads, {})

    def test_upload_that_fails_leaves_nothing(self):
        with mock.patch.object(agent, "PART_BYTES", 1000), self.assertRaises(ZeroDivisionError):
            with agent.Upload(self.s3, "box", "model") as out:
                out.write(b"0" * 3000)
                self.assertEqual(len(self.aws.uploads), 1)
                raise ZeroDivisionError
        self.assertEqual((self.aws.uploads, self.aws.keys("model")), ({}, []))

    def test_large_download_comes_in_pieces(self):
        self.aws.put("large", bytes(range(256)) * 20)
        self.aws.faults["GET", "large"] = ["cut", "cut", 503]
        with mock.patch.object(agent, "BASE", self.base), mock.patch.object(agent, "PART_BYTES", 1000):
            box = agent.Box(self.job)
            path = os.path.join(self.base, "deep", "large")
            box.fetch([("box", "large", 5120, self.aws.etag(self.aws.get("large")), path)])
            with open(path, "rb") as file:
                self.assertEqual(file.read(), bytes(range(256)) * 20)

    def test_object_that_changed_meanwhile(self):
        self.aws.put("large", "new")
        with mock.patch.object(agent, "BASE", self.base), self.assertRaisesRegex(agent.BoxError, "s3://box/large was changed"):
            agent.Box(self.job).fetch([("box", "large", 3, '"old"', os.path.join(self.base, "large"))])

    def test_data_that_cannot_fit(self):
        with mock.patch.object(agent, "BASE", self.base), self.assertRaisesRegex(agent.BoxError, "too small.*raise volume-gb"):
            agent.Box(self.job).fetch([("box", "large", 1 << 60, "", os.path.join(self.base, "large"))])

    def test_role_without_credentials(self):
        refused = {"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role box-role."}
        metadata = agent.Metadata()
        with mock.patch.object(metadata, "wait_for", side_effect=["box-role", json.dumps(refused)]):
            with self.assertRaisesRegex(agent.BoxError, "AssumeRoleUnauthorizedAccess: EC2 cannot assume"):
                metadata.credentials()

    def test_failure_is_as_long_as_its_reader_takes(self):
        text = agent.shorten("\x1b[31m🚂\x00\ud800" * 2000)
        self.assertEqual(text, "🚂" * 512)

    def test_log_that_cannot_be_written_is_told_in_bytes(self):
        box = agent.Box(self.job)
        with mock.patch.object(agent, "LOG_KEPT_BYTES", 10):
            box.log.add(b"0123456789\n")
            box.log.add(b"lost\n")
        self.assertEqual((bytes(box.log.waiting), box.log.lost), (b"0123456789\n", 5))


if __name__ == "__main__":
    unittest.main()
