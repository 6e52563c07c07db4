"""Starts a training script as SageMaker's own script mode does, on any machine with Python 3.8 or newer.

    python3 /opt/ml/input/data/code/launcher.py train.py

One file, standard library only. It lies in the channel `code` beside `code.tar.gz`, so any image with Python will do. The
base folder is /opt/ml, or $SAGEMAKER_BASE_DIR where there is no container.

What it reads
    input/config/hyperparameters.json    name -> text; names that start with `sagemaker_` are control values
    input/config/resourceconfig.json     hosts, current_host, instance type and groups; absent: one host
    input/config/inputdataconfig.json    channels; absent: the folders of input/data
    input/data/code/code.tar.gz          unpacked into code/; nothing in it may leave that folder
    code/requirements.txt                installed with pip when it is there

What the script gets
    arguments     `--name value` for every hyperparameter, sorted by name (`-n` for a name of one letter), never through a
                  shell. Values are passed as they were written; a value that an SDK JSON-quoted ("\\"0.1\\"") loses its quotes
    environment   SM_MODEL_DIR, SM_CHANNEL_<NAME>, SM_HPS, SM_HP_<NAME>, SM_HOSTS, SM_CURRENT_HOST, ... as script mode sets them;
                  SM_CHECKPOINT_DIR (checkpoints/, which SageMaker keeps in S3); MASTER_ADDR, MASTER_PORT, WORLD_SIZE, RANK as
                  torch.distributed reads them, one process a host; with several hosts NCCL_SOCKET_IFNAME
    folder        code/, with output unbuffered and SIGTERM (a stop, a spot interruption) passed on

What comes back
    exit code       the script's; 128 + n when signal n ended it; 1 when it could not be started
    output/failure  why, exception first, at most 1024 characters: SageMaker shows it as FailureReason. Values of variables
                    and hyperparameters whose names sound like secrets are blotted out there and in the launcher's own lines
"""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import zlib

CONTROL_NAMES = {"_tuning_objective_metric"}
CONTROL_PREFIX = "sagemaker_"
# `token` only at the end: tokenizer and max-tokens are no secrets.
SECRET_NAME = re.compile(r"secret|passw|credential|(api|access|private)[-_]?key|token$", re.IGNORECASE)
CONTROL_CHARACTERS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
MAX_UNPACKED_BYTES = 4 << 30
MAX_UNPACKED_FILES = 100_000
MAX_FAILURE_CHARACTERS = 1024
ERROR_TAIL_BYTES = 16 << 10
LONGEST_VARIABLE = 131072  # bytes of NAME=value and the zero after it: MAX_ARG_STRLEN of Linux, 32 pages
MASTER_PORT = "7777"  # the port SageMaker's framework images use


class LaunchError(Exception):
    """The script could not be started; the text says why and what to change."""


def say(text):
    print(f"launcher: {text}", flush=True)


# ---- what the job is ------------------------------------------------------------------------------------------------


def read_json(path, default):
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except FileNotFoundError:
        return default
    except ValueError as error:
        raise LaunchError(f"{path} is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise LaunchError(f"{path} holds a {type(content).__name__}, not an object.")
    return content


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def decode(text):
    """A hyperparameter as script mode decodes it for SM_HPS: JSON where it is JSON, else the text itself."""
    if not isinstance(text, str):
        return text
    try:
        value = json.loads(text, parse_constant=refuse_constant)
        json.dumps(value, allow_nan=False)
        return value
    except (ValueError, RecursionError):
        return text


def verbatim(text):
    """The text of a hyperparameter as somebody wrote it: `0.10` stays `0.10`, and quotes an SDK added go."""
    value = decode(text)
    if isinstance(value, str):
        return value
    return text if isinstance(text, str) else json.dumps(text)


def is_control(name):
    return name in CONTROL_NAMES or name.startswith(CONTROL_PREFIX)


def to_arguments(hyperparameters):
    arguments = []
    for name in sorted(hyperparameters):
        arguments += [f"--{name}" if len(name) > 1 else f"-{name}", verbatim(hyperparameters[name])]
    return arguments


def find_channels(base, input_config):
    folder = os.path.join(base, "input", "data")
    names = sorted(input_config) if input_config else sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return {name: os.path.join(folder, name) for name in names if not name.endswith("-manifest")}


def count_gpus():
    if not shutil.which("nvidia-smi"):
        return 0
    try:
        listing = subprocess.run(["nvidia-smi", "--list-gpus"], stdout=subprocess.PIPE, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    return sum(1 for line in listing.decode(errors="replace").splitlines() if line.startswith("GPU "))


def read_job(base, entry_point):
    """Everything the contract says about this host of this job, under the names script mode uses."""
    config_dir = os.path.join(base, "input", "config")
    everything = read_json(os.path.join(config_dir, "hyperparameters.json"), {})
    resources = read_json(os.path.join(config_dir, "resourceconfig.json"), {})
    input_config = read_json(os.path.join(config_dir, "inputdataconfig.json"), {})
    control = {name: decode(value) for name, value in everything.items() if is_control(name)}
    hyperparameters = {name: value for name, value in everything.items() if not is_control(name)}

    host = resources.get("current_host", "algo-1")
    hosts = resources.get("hosts", [host])
    if not isinstance(hosts, list) or host not in hosts:
        raise LaunchError(f"resourceconfig.json names the current host {host!r}, which is not among its hosts {hosts!r}.")

    group = resources.get("current_group_name", "homogeneousCluster")
    groups = {each["instance_group_name"]: each for each in resources.get("instance_groups", [])}
    entry_point = entry_point or control.get("sagemaker_program")
    if not entry_point:
        raise LaunchError("No script was named: give it as the argument, e.g. launcher.py train.py.")
    code_dir = os.path.join(base, "code")
    return {
        "channel_input_dirs": find_channels(base, input_config),
        "checkpoint_dir": os.path.join(base, "checkpoints"),
        "current_host": host,
        "current_instance_group": group,
        "current_instance_group_hosts": groups.get(group, {}).get("hosts", hosts),
        "current_instance_type": resources.get("current_instance_type", "local"),
        "framework_module": None,
        "framework_params": {},
        "hosts": hosts,
        "hyperparameters": hyperparameters,
        "input_config_dir": config_dir,
        "input_data_config": input_config,
        "input_dir": os.path.join(base, "input"),
        "instance_groups": list(groups) or [group],
        "instance_groups_dict": groups,
        "is_hetero": len(groups) > 1,
        "job_name": os.environ.get("TRAINING_JOB_NAME", ""),
        "log_level": control.get("sagemaker_container_log_level", 20),
        "model_dir": os.path.join(base, "model"),
        "module_dir": code_dir,
        "module_name": os.path.splitext(entry_point)[0],
        "network_interface_name": resources.get("network_interface_name", "eth0"),
        "num_cpus": os.cpu_count() or 1,
        "num_gpus": count_gpus(),
        "num_neurons": 0,
        "output_data_dir": os.path.join(base, "output", "data"),
        "output_dir": os.path.join(base, "output"),
        "output_intermediate_dir": os.path.join(base, "output", "intermediate"),
        "resource_config": resources,
        "user_args": to_arguments(hyperparameters),
        "user_entry_point": entry_point,
    }


def to_variable(value):
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))


def to_environment(job, inherited):
    """The environment of the script: what this process has, the SM_ variables, and where torch looks for its peers."""
    decoded = {name: decode(value) for name, value in job["hyperparameters"].items()}
    own = {name: value for name, value in job.items() if name not in ("channel_input_dirs", "hyperparameters", "job_name")}
    own.update(channels=sorted(job["channel_input_dirs"]), hps=decoded, training_env={**job, "hyperparameters": decoded})
    own.update({f"channel_{name}": path for name, path in job["channel_input_dirs"].items()})
    own.update({f"hp_{name}": verbatim(value) for name, value in job["hyperparameters"].items()})

    environment = dict(inherited)
    environment.update({f"SM_{name.upper()}": to_variable(value) for name, value in own.items()})
    environment["PYTHONUNBUFFERED"] = "1"
    paths = [job["module_dir"], inherited.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    # Somebody who set these for the job knows better.
    environment.setdefault("MASTER_ADDR", job["hosts"][0])
    environment.setdefault("MASTER_PORT", MASTER_PORT)
    environment.setdefault("WORLD_SIZE", str(len(job["hosts"])))
    environment.setdefault("RANK", str(job["hosts"].index(job["current_host"])))
    if len(job["hosts"]) > 1:
        environment.setdefault("NCCL_SOCKET_IFNAME", job["network_interface_name"])
    return environment


def leave_out_long(environment):
    """The environment without SM_ variables that Linux would refuse together with the whole program; each is said."""
    fitting = {}
    for name, value in environment.items():
        size = len(os.fsencode(f"{name}={value}")) + 1
        if name.startswith("SM_") and size > LONGEST_VARIABLE:
            say(f"{name} is left out: {size} bytes, and Linux takes {LONGEST_VARIABLE}; arguments and input/config have it all")
        else:
            fitting[name] = value
    return fitting


# ---- the code -------------------------------------------------------------------------------------------------------


def is_inside(folder, path):
    folder, path = os.path.realpath(folder), os.path.realpath(path)
    return path == folder or path.startswith(folder + os.sep)


def check_member(member, target):
    parts = member.name.split("/")
    if member.name.startswith("/") or ".." in parts or "\\" in member.name:
        raise LaunchError(f"code.tar.gz: {member.name!r} would be written outside the code folder.")
    if not (member.isfile() or member.isdir() or member.issym()):
        raise LaunchError(f"code.tar.gz: {member.name!r} is neither a file, a folder nor a symbolic link.")
    if not is_inside(target, os.path.dirname(os.path.join(target, member.name))):
        raise LaunchError(f"code.tar.gz: {member.name!r} would be written outside the code folder.")


def write_member(archive, member, target):
    path = os.path.join(target, member.name)
    if member.isdir():
        os.makedirs(path, exist_ok=True)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    with archive.extractfile(member) as source, open(path, "wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
    os.chmod(path, 0o755 if member.mode & 0o100 else 0o644)


def link_members(links, target):
    """Links are made after all files, so no file is written through one, and are looked at together: a chain can leave too."""
    paths = []
    for member in links:
        check_member(member, target)
        path = os.path.join(target, member.name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(member.linkname, path)
        paths.append(path)
    leaving = [path for path in paths if not is_inside(target, path)]
    for path in leaving:
        os.unlink(path)
    if leaving:
        raise LaunchError(f"code.tar.gz: the link {os.path.relpath(leaving[0], target)!r} leaves the code folder.")


def unpack(archive_path, target):
    """Unpacks the code; refuses whatever is not a plain file, folder or inner link, and an archive without measure."""
    os.makedirs(target, exist_ok=True)
    links, count, size = [], 0, 0
    try:
        with tarfile.open(archive_path, "r:gz") as archive:
            for member in archive:
                count, size = count + 1, size + member.size
                if count > MAX_UNPACKED_FILES or size > MAX_UNPACKED_BYTES:
                    raise LaunchError(
                        f"code.tar.gz holds more than {MAX_UNPACKED_FILES} files or {MAX_UNPACKED_BYTES >> 30} GiB."
                    )
                check_member(member, target)
                if member.issym():
                    links.append(member)
                else:
                    write_member(archive, member, target)
    except FileNotFoundError as error:
        raise LaunchError(f"The code is missing: there is no {error.filename}.") from error
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise LaunchError(f"{archive_path} could not be unpacked: {error}.") from error
    link_members(links, target)
    return count


def find_script(code_dir, entry_point):
    path = os.path.join(code_dir, entry_point)
    if not is_inside(code_dir, path):
        raise LaunchError(f"The script {entry_point!r} lies outside the code folder.")
    if os.path.isfile(path):
        return path
    found = sorted(name for name in os.listdir(code_dir) if os.path.isfile(os.path.join(code_dir, name)))
    raise LaunchError(f"There is no script {entry_point!r} in the code folder; it holds {', '.join(found[:20]) or 'no file'}.")


def to_command(path, arguments):
    if path.endswith(".py"):
        return [sys.executable or "python3", "-u", path, *arguments]
    if not os.access(path, os.X_OK):
        raise LaunchError(f"{os.path.basename(path)} is neither a .py file nor executable (chmod +x, with a #! line).")
    return [path, *arguments]


# ---- running --------------------------------------------------------------------------------------------------------


class Runner:
    """Runs one child at a time, passes SIGTERM on to it, and keeps the end of its error output."""

    def __init__(self):
        self.stopping = False
        self.child = None
        self.tail = b""

    def stop(self, *_):
        self.stopping = True
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)

    def copy_errors(self, pipe):
        # By chunks as they come, not by lines: a progress bar writes none.
        while True:
            chunk = os.read(pipe.fileno(), 1 << 16)
            if not chunk:
                return
            self.tail = (self.tail + chunk)[-ERROR_TAIL_BYTES:]
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(2, rest) :]

    def run(self, command, **options):
        """The exit code, 128 + n for signal n."""
        self.tail = b""
        try:
            self.child = subprocess.Popen(command, stderr=subprocess.PIPE, **options)
        except (OSError, ValueError) as error:  # ValueError: a NUL in an argument or a variable
            raise LaunchError(f"{command[0]} could not be started: {error}.") from error
        if self.stopping:  # the signal came while the child was being made
            self.child.send_signal(signal.SIGTERM)
        copier = threading.Thread(target=self.copy_errors, args=(self.child.stderr,), daemon=True)
        copier.start()
        code = self.child.wait()
        copier.join(timeout=2)  # something the child left behind may hold the pipe open
        return 128 - code if code < 0 else code


def install_requirements(runner, code_dir):
    if not os.path.isfile(os.path.join(code_dir, "requirements.txt")):
        return
    if importlib.util.find_spec("pip") is None:  # Amazon Linux 2023 has a Python that brings pip, but has not installed it
        say("installing pip")
        runner.run([sys.executable or "python3", "-m", "ensurepip"])
    say("installing requirements.txt with pip")
    command = [sys.executable or "python3", "-m", "pip", "install", "--disable-pip-version-check", "-r", "requirements.txt"]
    code = runner.run(command, cwd=code_dir)
    if code != 0 and not runner.stopping:
        raise LaunchError(
            f"pip could not install requirements.txt (exit code {code}). A job in isolation or in a subnet without a way out "
            f"reaches no package index: use an image that has the packages.\n{clean(runner.tail)}"
        )


# ---- saying why -----------------------------------------------------------------------------------------------------


def find_secrets(hyperparameters, environment):
    named = {**environment, **{name: verbatim(value) for name, value in hyperparameters.items()}}
    return sorted({value for name, value in named.items() if SECRET_NAME.search(name) and len(value) >= 6}, key=len, reverse=True)


def redact(text, secrets):
    for secret in secrets:
        text = text.replace(secret, "***")
    return re.sub(r"(://)[^/\s:@]+:[^/\s@]+@", r"\1***@", text)


def clean(tail):
    text = tail.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    return CONTROL_CHARACTERS.sub("", text).strip("\n")


def find_cause(lines):
    """The exception of the last traceback, or the last line of all."""
    headers = [number for number, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
    if headers:
        for line in lines[headers[-1] + 1 :]:
            if line.strip() and not line[0].isspace():
                return line
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def describe_end(script, code):
    if code == 137:
        return f"{script} was killed (signal 9); the usual cause is that the machine has too little memory for it."
    if code > 128:
        return f"{script} was ended by signal {code - 128}."
    return f"{script} ended with exit code {code}."


def explain(script, code, tail):
    lines = clean(tail).split("\n")
    cause = find_cause(lines)
    if not cause:
        return f"{describe_end(script, code)} It wrote nothing to its error output."
    if lines[-1].strip() == cause:  # it stands first already
        lines = lines[:-1]
    end = ["The end of its error output:", *lines] if lines else []
    return "\n".join([cause, describe_end(script, code), *end])


def shorten(text, limit=MAX_FAILURE_CHARACTERS):
    """The beginning, where the cause stands, and the end of the rest."""
    if len(text) <= limit:
        return text
    kept = min(text.find("\nThe end of its error output:") + 1 or limit // 2, limit // 2)
    return f"{text[:kept].rstrip()}\n…\n{text[len(text) - (limit - kept - 3) :]}"


def write_failure(base, text):
    try:
        os.makedirs(os.path.join(base, "output"), exist_ok=True)
        with open(os.path.join(base, "output", "failure"), "w", encoding="utf-8", errors="replace") as file:
            file.write(shorten(text))
    except OSError as error:
        say(f"output/failure could not be written: {error}")


def prepare(job):
    """Unpacks the code and makes the folders a script may expect; the path of the script."""
    for name in ("model_dir", "output_data_dir", "output_intermediate_dir"):
        os.makedirs(job[name], exist_ok=True)
    here = os.path.dirname(os.path.abspath(__file__))
    count = unpack(os.path.join(here, "code.tar.gz"), job["module_dir"])
    say(f"Python {sys.version.split()[0]}, {count} entries of code, host {job['current_host']} of {', '.join(job['hosts'])}")
    return find_script(job["module_dir"], job["user_entry_point"])


def describe_call(job, secrets):
    names, values = job["user_args"][::2], job["user_args"][1::2]
    shown = [f"{name} {'***' if SECRET_NAME.search(name) else value}" for name, value in zip(names, values)]
    return redact(" ".join([job["user_entry_point"], *shown]), secrets)


def launch(runner, base, entry_point):
    """Prepares everything and runs the script; the exit code of this process."""
    secrets = find_secrets({}, os.environ)
    try:
        job = read_job(base, entry_point)
        secrets = find_secrets(job["hyperparameters"], os.environ)
        script = prepare(job)
        install_requirements(runner, job["module_dir"])
        command = to_command(script, job["user_args"])
        if runner.stopping:
            say("stopped before the script was started")
            return 128 + signal.SIGTERM
        say(describe_call(job, secrets))
        code = runner.run(command, cwd=job["module_dir"], env=leave_out_long(to_environment(job, os.environ)))
    except (LaunchError, OSError) as error:
        text = redact(str(error), secrets)
        print(f"launcher: {text}", file=sys.stderr, flush=True)
        write_failure(base, text)
        return 1
    if code != 0 and not runner.stopping:
        write_failure(base, redact(explain(job["user_entry_point"], code, runner.tail), secrets))
    return code


def main():
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")
    runner = Runner()
    signal.signal(signal.SIGTERM, runner.stop)
    base = os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml"
    try:
        return launch(runner, base, sys.argv[1] if len(sys.argv) > 1 else None)
    except Exception as error:
        write_failure(base, f"The launcher itself failed: {type(error).__name__}. The log has the details.")
        raise


if __name__ == "__main__":
    sys.exit(main())
