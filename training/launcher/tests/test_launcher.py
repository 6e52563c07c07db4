"""Runs the launcher as a process, as a container does, over a base folder made for each test."""

import ast
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
LAUNCHER = os.path.join(os.path.dirname(HERE), "launcher.py")
sys.path.insert(0, os.path.dirname(HERE))

import launcher  # noqa: E402

SHOW = """
import json, os, sys
print(json.dumps({"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}))
"""


def file_entry(name, text="", mode=0o644):
    entry = tarfile.TarInfo(name)
    entry.mode, entry.size = mode, len(text.encode())
    return entry, text.encode()


def special_entry(name, kind, linkname=""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, linkname
    return entry, b""


class Job:
    """A base folder as SageMaker lays it out, with the launcher and the code in the channel `code`."""

    def __init__(self, folder, entries, hyperparameters=None, resources=None):
        self.base = os.path.realpath(folder)
        self.channel = os.path.join(self.base, "input", "data", "code")
        config = os.path.join(self.base, "input", "config")
        for path in (self.channel, config, os.path.join(self.base, "input", "data", "training")):
            os.makedirs(path)
        with open(LAUNCHER, encoding="utf-8") as source, open(
            os.path.join(self.channel, "launcher.py"), "w", encoding="utf-8"
        ) as copy:
            copy.write(source.read())
        with tarfile.open(os.path.join(self.channel, "code.tar.gz"), "w:gz") as archive:
            for entry, content in entries:
                archive.addfile(entry, io.BytesIO(content))
        files = {"hyperparameters.json": hyperparameters or {}, "inputdataconfig.json": {"training": {}, "code": {}}}
        if resources:
            files["resourceconfig.json"] = resources
        for name, content in files.items():
            with open(os.path.join(config, name), "w", encoding="utf-8") as file:
                json.dump(content, file)

    def command(self, *arguments):
        return [sys.executable, os.path.join(self.channel, "launcher.py"), *arguments]

    def environment(self, extra=None):
        return {"PATH": os.environ["PATH"], "SAGEMAKER_BASE_DIR": self.base, **(extra or {})}

    def run(self, *arguments, env=None):
        return subprocess.run(
            self.command(*(arguments or ("train.py",))),
            env=self.environment(env),
            timeout=30,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def failure(self):
        path = os.path.join(self.base, "output", "failure")
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as file:
            return file.read()


class LauncherTest(unittest.TestCase):
    def job(self, entries, **more):
        folder = tempfile.TemporaryDirectory(prefix="launcher-test-")
        self.addCleanup(folder.cleanup)
        return Job(folder.name, entries, **more)

    def shown(self, job, **more):
        done = job.run(**more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.strip().splitlines()[-1])


class ContractTest(LauncherTest):
    def test_hyperparameters_as_large_as_a_job_takes_reach_the_script(self):
        hyperparameters = {f"name-{number}": "x" * 2500 for number in range(100)}
        script = "import os, sys\nprint(len(sys.argv), 'SM_TRAINING_ENV' in os.environ, len(os.environ['SM_HP_NAME-99']))\n"
        done = self.job([file_entry("train.py", script)], hyperparameters=hyperparameters).run()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("SM_TRAINING_ENV is left out", done.stdout)
        self.assertEqual(done.stdout.strip().splitlines()[-1], "201 False 2500")

    def test_arguments_are_sorted_verbatim_and_never_seen_by_a_shell(self):
        hyperparameters = {
            "learning-rate": "0.10",
            "batch_size": '"64"',
            "x": "$(touch /tmp/never) ; 'a b'",
            "flag": "true",
            "list": "[1, 2]",
            "empty": "",
            "sagemaker_program": '"other.py"',
            "_tuning_objective_metric": "loss",
        }
        shown = self.shown(self.job([file_entry("train.py", SHOW)], hyperparameters=hyperparameters))
        expected = [
            "--batch_size",
            "64",
            "--empty",
            "",
            "--flag",
            "true",
            "--learning-rate",
            "0.10",
            "--list",
            "[1, 2]",
            "-x",
            hyperparameters["x"],
        ]
        self.assertEqual(shown["argv"], expected)

    def test_variables_of_one_host(self):
        job = self.job([file_entry("train.py", SHOW)], hyperparameters={"learning-rate": "0.10", "epochs": "3", "note": '"a"'})
        shown = self.shown(job)
        env = shown["env"]
        self.assertEqual(shown["cwd"], os.path.join(job.base, "code"))
        self.assertEqual(env["SM_MODEL_DIR"], os.path.join(job.base, "model"))
        self.assertEqual(env["SM_OUTPUT_DATA_DIR"], os.path.join(job.base, "output", "data"))
        self.assertEqual(env["SM_CHANNEL_TRAINING"], os.path.join(job.base, "input", "data", "training"))
        self.assertEqual(env["SM_CHECKPOINT_DIR"], os.path.join(job.base, "checkpoints"))
        self.assertEqual(json.loads(env["SM_CHANNELS"]), ["code", "training"])
        self.assertEqual(json.loads(env["SM_HPS"]), {"epochs": 3, "learning-rate": 0.1, "note": "a"})
        self.assertEqual(env["SM_HP_LEARNING-RATE"], "0.10")
        self.assertEqual(env["SM_HP_NOTE"], "a")
        self.assertEqual(json.loads(env["SM_USER_ARGS"])[:2], ["--epochs", "3"])
        self.assertEqual(json.loads(env["SM_HOSTS"]), ["algo-1"])
        self.assertEqual((env["SM_USER_ENTRY_POINT"], env["SM_MODULE_NAME"]), ("train.py", "train"))
        self.assertEqual((env["WORLD_SIZE"], env["RANK"], env["MASTER_ADDR"], env["MASTER_PORT"]), ("1", "0", "algo-1", "7777"))
        self.assertEqual(env["PYTHONUNBUFFERED"], "1")
        self.assertTrue(os.path.isdir(env["SM_MODEL_DIR"]))
        self.assertEqual(json.loads(env["SM_TRAINING_ENV"])["hyperparameters"]["epochs"], 3)

    def test_variables_of_the_second_of_two_hosts(self):
        group = {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.large", "hosts": ["algo-1", "algo-2"]}
        resources = {
            "current_host": "algo-2",
            "hosts": ["algo-1", "algo-2"],
            "current_instance_type": "ml.m5.large",
            "current_group_name": "homogeneousCluster",
            "instance_groups": [group],
            "network_interface_name": "eth1",
        }
        env = self.shown(self.job([file_entry("train.py", SHOW)], resources=resources))["env"]
        self.assertEqual((env["WORLD_SIZE"], env["RANK"], env["MASTER_ADDR"]), ("2", "1", "algo-1"))
        self.assertEqual((env["SM_CURRENT_HOST"], env["SM_CURRENT_INSTANCE_TYPE"]), ("algo-2", "ml.m5.large"))
        self.assertEqual((env["SM_NETWORK_INTERFACE_NAME"], env["SM_IS_HETERO"]), ("eth1", "false"))
        self.assertEqual(env["NCCL_SOCKET_IFNAME"], "eth1")
        self.assertEqual(json.loads(env["SM_CURRENT_INSTANCE_GROUP_HOSTS"]), ["algo-1", "algo-2"])

    def test_what_the_job_set_itself_stays(self):
        env = self.shown(self.job([file_entry("train.py", SHOW)]), env={"MASTER_PORT": "29500", "MY_OWN": "1"})["env"]
        self.assertEqual((env["MASTER_PORT"], env["MY_OWN"]), ("29500", "1"))

    def test_the_script_may_be_named_by_an_sdk(self):
        job = self.job([file_entry("src/main.py", SHOW)], hyperparameters={"sagemaker_program": '"src/main.py"'})
        done = subprocess.run(job.command(), env=job.environment(), timeout=30, stdout=subprocess.PIPE, text=True)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["env"]["SM_MODULE_NAME"], "src/main")

    def test_a_script_with_a_shebang_runs_by_itself(self):
        done = self.job([file_entry("run.sh", "#!/bin/sh\necho ran $#\n", 0o755)], hyperparameters={"a": "1"}).run("run.sh")
        self.assertIn("ran 2", done.stdout)


class DecodeTest(unittest.TestCase):
    def test_values_as_script_mode_decodes_them(self):
        for text, value in [
            ("1", 1),
            ("0.10", 0.1),
            ('"a"', "a"),
            ("a b", "a b"),
            ("NaN", "NaN"),
            ("1e999", "1e999"),
            ("[" * 2500, "[" * 2500),
        ]:
            self.assertEqual(launcher.decode(text), value)

    def test_values_as_arguments(self):
        for text, value in [
            ("0.10", "0.10"),
            ("1e-3", "1e-3"),
            ('"0.10"', "0.10"),
            ('"say \\"x\\""', 'say "x"'),
            ('"', '"'),
            ("null", "null"),
        ]:
            self.assertEqual(launcher.verbatim(text), value)


class EndTest(LauncherTest):
    def test_the_exit_code_is_the_script_s(self):
        job = self.job([file_entry("train.py", "import sys; sys.exit(3)")])
        self.assertEqual(job.run().returncode, 3)
        self.assertEqual(job.failure(), "train.py ended with exit code 3. It wrote nothing to its error output.")

    def test_success_leaves_no_failure(self):
        job = self.job([file_entry("train.py", "import sys; print('late', file=sys.stderr)")])
        self.assertEqual(job.run().returncode, 0)
        self.assertIsNone(job.failure())

    def test_the_exception_comes_first_and_the_log_has_it_all(self):
        script = (
            "import sys\nfor n in range(2000): print('progress', n, file=sys.stderr)\n"
            "def load():\n    raise ValueError('no images\\nin /data')\nload()\n"
        )
        job = self.job([file_entry("train.py", script)])
        done = job.run()
        failure = job.failure()
        self.assertEqual(done.returncode, 1)
        self.assertEqual(failure.splitlines()[0], "ValueError: no images")
        self.assertLessEqual(len(failure), 1024)
        self.assertIn("in load", failure)
        self.assertIn("progress 0\n", done.stderr)

    def test_the_last_of_chained_exceptions_is_the_cause(self):
        script = "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise RuntimeError('step 4 failed') from error\n"
        job = self.job([file_entry("train.py", script)])
        job.run()
        self.assertEqual(job.failure().splitlines()[0], "RuntimeError: step 4 failed")

    def test_an_argument_error_is_the_last_line(self):
        script = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--epochs', type=int)\np.parse_args()\n"
        job = self.job([file_entry("train.py", script)], hyperparameters={"epochs": "three"})
        self.assertEqual(job.run().returncode, 2)
        lines = job.failure().splitlines()
        self.assertEqual(lines[0], "train.py: error: argument --epochs: invalid int value: 'three'")
        self.assertEqual(lines[1:3], ["train.py ended with exit code 2.", "The end of its error output:"])
        self.assertEqual(lines.count(lines[0]), 1)

    def test_a_killed_script_suggests_memory(self):
        job = self.job([file_entry("train.py", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")])
        self.assertEqual(job.run().returncode, 137)
        self.assertIn("too little memory", job.failure())

    def test_secrets_are_blotted_out(self):
        script = (
            "import os, sys\nsys.exit('401 for ' + os.environ['HF_TOKEN'] + ' and ' + sys.argv[2] + ' at https://me:pw@host/x')\n"
        )
        job = self.job([file_entry("train.py", script)], hyperparameters={"api-key": "key-123456", "tokenizer": "bert-base"})
        done = job.run(env={"HF_TOKEN": "hf_abcdefgh"})
        for secret in ("hf_abcdefgh", "key-123456", "me:pw"):
            self.assertNotIn(secret, job.failure())
        self.assertNotIn("key-123456", done.stdout)
        self.assertIn("--tokenizer bert-base", done.stdout)
        self.assertIn("401 for *** and *** at https://***@host/x", job.failure())

    def test_a_single_line_stands_alone(self):
        job = self.job([file_entry("train.py", "import sys; sys.exit('no data')")])
        job.run()
        self.assertEqual(job.failure(), "no data\ntrain.py ended with exit code 1.")

    def test_control_characters_stay_out_of_the_failure(self):
        job = self.job([file_entry("train.py", "import sys; sys.exit('\\x1b[31mred\\x1b[0m\\x00 10%\\r20%')")])
        job.run()
        self.assertEqual(job.failure().split("\n")[0], "20%")
        self.assertNotIn("\x1b", job.failure())

    def test_a_left_over_child_does_not_hold_the_end(self):
        script = "import subprocess, sys\nsubprocess.Popen(['sleep', '20'])\nsys.exit(4)\n"
        job = self.job([file_entry("train.py", script)])
        process = subprocess.Popen(
            job.command("train.py"),
            env=job.environment(),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started = time.monotonic()
        try:
            self.assertEqual(process.wait(timeout=15), 4)
            self.assertLess(time.monotonic() - started, 12)
        finally:
            os.killpg(process.pid, signal.SIGKILL)

    def stop(self, script):
        job = self.job([file_entry("train.py", script)])
        process = subprocess.Popen(job.command("train.py"), env=job.environment(), stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        for line in process.stdout:
            if line.strip() == "ready":
                break
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=15)
        return job, process.returncode, output

    def test_a_stop_reaches_the_script_which_may_finish(self):
        script = (
            "import signal, sys, time\ndef stop(*_):\n    print('saved'); sys.exit(0)\n"
            "signal.signal(signal.SIGTERM, stop)\nprint('ready')\nwhile True: time.sleep(0.05)\n"
        )
        _, code, output = self.stop(script)
        self.assertEqual((code, output.strip()), (0, "saved"))

    def test_a_stop_is_no_failure_of_the_script(self):
        job, code, _ = self.stop("import time\nprint('ready')\nwhile True: time.sleep(0.05)\n")
        self.assertEqual(code, 143)
        self.assertIsNone(job.failure())


class CodeTest(LauncherTest):
    def refused(self, entries, words, *arguments):
        job = self.job(entries)
        done = job.run(*arguments)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(words, job.failure())
        self.assertIn(words, done.stderr)
        return job

    def test_entries_that_leave_are_refused(self):
        script = file_entry("train.py", "raise SystemExit('it ran')")
        table = [
            (file_entry("../outside"), "outside the code folder"),
            (file_entry("a/../../outside"), "outside the code folder"),
            (file_entry("/outside"), "outside the code folder"),
            (special_entry("pipe", tarfile.FIFOTYPE), "neither a file"),
            (special_entry("null", tarfile.CHRTYPE), "neither a file"),
            (special_entry("hard", tarfile.LNKTYPE, "train.py"), "neither a file"),
            (special_entry("link", tarfile.SYMTYPE, "../../.."), "leaves the code folder"),
            (special_entry("link", tarfile.SYMTYPE, "/etc"), "leaves the code folder"),
        ]
        for entry, words in table:
            with self.subTest(entry[0].name, link=entry[0].linkname):
                job = self.refused([script, entry], words)
                self.assertFalse(os.path.exists(os.path.join(job.base, "outside")))

    def test_chains_of_links_are_refused(self):
        chain = [special_entry("y", tarfile.SYMTYPE, "x/.."), special_entry("x", tarfile.SYMTYPE, ".")]
        self.refused([file_entry("train.py"), *chain], "leaves the code folder")
        through = [special_entry("a", tarfile.SYMTYPE, ".."), special_entry("a/b", tarfile.SYMTYPE, "train.py")]
        job = self.refused([file_entry("train.py"), *through], "outside the code folder")
        self.assertFalse(os.path.lexists(os.path.join(job.base, "b")))

    def test_a_file_is_never_written_through_a_link(self):
        entries = [special_entry("out", tarfile.SYMTYPE, ".."), file_entry("out/train.py", "")]
        job = self.job(entries)
        self.assertEqual(job.run().returncode, 1)
        self.assertFalse(os.path.exists(os.path.join(job.base, "train.py")))

    def test_inner_links_work(self):
        entries = [file_entry("src/main.py", "print('linked')"), special_entry("train.py", tarfile.SYMTYPE, "src/main.py")]
        self.assertIn("linked", self.job(entries).run().stdout)

    def test_a_missing_script_names_what_is_there(self):
        self.refused([file_entry("tain.py")], "There is no script 'train.py' in the code folder; it holds tain.py.")
        self.refused([file_entry("train.py")], "lies outside the code folder", "../../etc/passwd")

    def test_a_damaged_or_missing_archive(self):
        job = self.job([file_entry("train.py", "x" * 100_000)])
        archive = os.path.join(job.channel, "code.tar.gz")
        with open(archive, "r+b") as file:
            file.truncate(60)
        self.assertEqual(job.run().returncode, 1)
        self.assertIn("could not be unpacked", job.failure())
        os.unlink(archive)
        job.run()
        self.assertIn("The code is missing", job.failure())

    def test_too_much_is_refused(self):
        archive = os.path.join(tempfile.mkdtemp(prefix="launcher-test-"), "code.tar.gz")
        self.addCleanup(lambda: (os.unlink(archive), os.rmdir(os.path.dirname(archive))))
        with tarfile.open(archive, "w:gz") as file:
            for number in range(5):
                file.addfile(
                    *[part if index == 0 else io.BytesIO(part) for index, part in enumerate(file_entry(f"{number}", "abc"))]
                )
        with tempfile.TemporaryDirectory() as target:
            limit, launcher.MAX_UNPACKED_FILES = launcher.MAX_UNPACKED_FILES, 4
            try:
                with self.assertRaisesRegex(launcher.LaunchError, "more than 4 files"):
                    launcher.unpack(archive, target)
            finally:
                launcher.MAX_UNPACKED_FILES = limit

    def test_a_broken_configuration_is_named(self):
        job = self.job([file_entry("train.py")])
        with open(os.path.join(job.base, "input", "config", "hyperparameters.json"), "w", encoding="utf-8") as file:
            file.write("{")
        self.assertEqual(job.run().returncode, 1)
        self.assertIn("hyperparameters.json is not JSON", job.failure())
        job = self.job([file_entry("train.py")], resources={"current_host": "algo-3", "hosts": ["algo-1"]})
        self.assertEqual(job.run().returncode, 1)
        self.assertIn("'algo-3', which is not among its hosts", job.failure())
        job = self.job([file_entry("train.py")], resources={"instance_groups": [{}]})
        self.assertEqual(job.run().returncode, 1)
        self.assertIn("The launcher itself failed: KeyError", job.failure())


class RequirementsTest(LauncherTest):
    def test_a_local_package_is_installed_and_a_failure_explained(self):
        # No index is asked: the requirement is a path that does not exist.
        job = self.job([file_entry("train.py", "print('ran')"), file_entry("requirements.txt", "./missing-package\n")])
        done = job.run(env={"PIP_NO_INDEX": "1", "HOME": os.path.expanduser("~")})
        self.assertEqual(done.returncode, 1)
        self.assertIn("installing requirements.txt", done.stdout)
        self.assertIn("pip could not install requirements.txt", job.failure())
        self.assertNotIn("ran", done.stdout.split("\n"))

    def test_a_python_without_pip_installs_its_own_first(self):
        for there, modules in [(None, ["ensurepip", "pip"]), (object(), ["pip"])]:
            job = self.job([file_entry("train.py")])
            with open(os.path.join(job.base, "requirements.txt"), "w", encoding="utf-8"):
                pass
            runner = mock.Mock(stopping=False, **{"run.return_value": 0})
            with mock.patch.object(launcher.importlib.util, "find_spec", return_value=there), mock.patch.object(launcher, "say"):
                launcher.install_requirements(runner, job.base)
            self.assertEqual([call.args[0][2] for call in runner.run.call_args_list], modules)


class SourceTest(unittest.TestCase):
    def test_it_is_python_3_8(self):
        with open(LAUNCHER, encoding="utf-8") as file:
            ast.parse(file.read(), feature_version=(3, 8))


if __name__ == "__main__":
    unittest.main()
