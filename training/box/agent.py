"""Trains one job on a machine of EC2: the program in the machine's user data.

    python3 agent.py '<BoxJob as JSON>'

One file, standard library only, Python 3.8 or newer; it needs no disk to start, to tell how it stands and to end. It fetches
code and data from S3 with the machine's role (credentials from IMDSv2), lays them out as SageMaker does, runs the launcher,
and tells of it in S3 below the job's prefix:

    box/status.json             how it stands, at every change and every 10 s
    box/log/00000001.txt        whole lines of the launcher, its script and this program, every 2 s when there are any
    box/samples/00000001.jsonl  {"at", "cpu", "memory", "gpu"?}: seconds since training started on this machine, then per cent of
                                the declared vCPUs, of the memory, and the mean of the GPUs
    output/model.tar.gz         the model; output/output.tar.gz what is in output/data

A machine that takes an interrupted job up goes on counting the parts where the last one stopped. AWS_ENDPOINT_URL,
AWS_EC2_METADATA_SERVICE_ENDPOINT and SAGEMAKER_BASE_DIR are read as SDKs and toolkits do. Last act: `shutdown -P now`.

User data has 16,384 bytes, so what packs this file (src/training/ec2/pack-agent.ts) leaves out comments, docstrings and most of
the indentation. It goes by lines: docstrings but this one have one line, and no other text begins a line with `#` or a quote.
"""

import base64
import concurrent.futures
import ctypes
import email.utils
import errno
import gzip
import hashlib
import hmac
import html
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
import urllib.parse
import xml.etree.ElementTree
from datetime import datetime, timezone

# Of uploads and downloads. S3 takes 10,000 parts, so the largest model is 640 GB.
PART_BYTES = 64 << 20
# How long a call of AWS is tried again; longer once there is something to lose.
PATIENCE_SECONDS = 60
LONG_PATIENCE_SECONDS = 300
# AWS has new credentials at least five minutes before the old ones end.
REFRESH_SECONDS = 300
LOG_PART_BYTES = 4 << 20
LOG_KEPT_BYTES = 64 << 20
LONGEST_LINE = 64 << 10
DOWNLOADS = 16
# A disk with less room than this counts as full.
FULL_BYTES = 32 << 20
FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
MAX_FAILURE_UNITS = 1024
MORE_ROOM = "raise volume-gb of this run in trainyard.yml."
NO_ROOM = re.compile("No space left on device|Disk quota exceeded|File too large")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
BASE = os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml"


class BoxError(Exception):
    """The job cannot go on; the text says why, and what to change where that is known."""


class Halted(Exception):
    """Somebody asked the job to end before training began."""


class Refused(BoxError):
    """AWS said no, or nothing, for too long."""


def describe(error):
    return str(error) if isinstance(error, BoxError) else f"{type(error).__name__}: {error}"


def write_error(error, path):
    if error.errno in FULL_ERRORS:
        return BoxError(f"The disk of the machine is full ({error.strerror}, writing {path}): {MORE_ROOM}")
    return BoxError(f"{path} could not be written: {error.strerror}.")


def join(*names):
    return os.path.join(BASE, *names)


def parse_time(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


def begin(target, *arguments):
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


# ---- AWS ------------------------------------------------------------------------------------------------------------


class Metadata:
    """What EC2 tells the machine about itself (IMDSv2), the credentials of its role included."""

    def __init__(self):
        self.url = urllib.parse.urlsplit(os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or "http://169.254.169.254")
        self.lock = threading.Lock()
        self.token = self.held = None
        self.expires = self.fetched = 0

    def ask(self, method, path, headers):
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port or 80, timeout=5)
        try:
            connection.request(method, f"{self.url.path.rstrip('/')}/latest/{path}", headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def get(self, path):
        """The text, or None where there is none."""
        for _ in range(2):
            if not self.token:
                status, token = self.ask("PUT", "api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "21600"})
                self.token = token if status == 200 else None
            status, text = self.ask("GET", f"meta-data/{path}", {"X-aws-ec2-metadata-token": self.token or ""})
            if status != 401:
                break
            self.token = None
        if status not in (200, 404):
            raise BoxError(f"the metadata service answered {status} to {path}")
        return text if status == 200 else None

    def wait_for(self, path, what):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                text, why = self.get(path), "there is none"
            except (OSError, http.client.HTTPException, BoxError) as error:
                text, why = None, describe(error)
            if text:
                return text
            if time.monotonic() > deadline:
                raise BoxError(f"The machine could not read its {what}: {why}.")
            time.sleep(random.uniform(0.1, 2))

    def fetch(self):
        folder = "iam/security-credentials/"
        role = self.wait_for(folder, "role (roles.ec2 of trainyard.yml names its instance profile)").split()[0]
        found = json.loads(self.wait_for(folder + role, "role's credentials"))
        if found.get("Code") != "Success":
            raise BoxError(f"The role of the machine gives no credentials: {found.get('Code')}: {found.get('Message')}")
        self.held = found["AccessKeyId"], found["SecretAccessKey"], found["Token"]
        self.expires, self.fetched = parse_time(found["Expiration"]), time.monotonic()

    def credentials(self, refused=False):
        with self.lock:
            left, age = self.expires - time.time(), time.monotonic() - self.fetched
            # Sessions that live shorter than five minutes are not asked for at every call.
            if not self.held or left <= 0 or (age > 10 and (left < REFRESH_SECONDS or refused)):
                try:
                    self.fetch()
                except Exception:
                    if not self.held or left <= 0:
                        raise
            return self.held


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def sign(method, path, query, headers, region, credentials, stamp):
    """The headers of an S3 request with its Signature Version 4; `headers` has host and x-amz-content-sha256, in lower case."""
    key, secret, token = credentials
    headers = {**headers, "x-amz-date": stamp, **({"x-amz-security-token": token} if token else {})}
    names = sorted(headers)
    listed, scope = ";".join(names), [stamp[:8], region, "s3", "aws4_request"]
    fields = [f"{name}:{headers[name]}" for name in names]
    request = "\n".join([method, path, query, *fields, "", listed, headers["x-amz-content-sha256"]])
    signature = f"AWS4{secret}".encode()
    for text in [*scope, "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join(scope), sha256(request.encode())])]:
        signature = hmac.new(signature, text.encode(), hashlib.sha256).digest()
    told = f"Credential={key}/{'/'.join(scope)}, SignedHeaders={listed}, Signature={signature.hex()}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 {told}"}


def quote(text, safe="-_.~"):
    return urllib.parse.quote(text, safe=safe)


class S3:
    def __init__(self, metadata, region):
        self.metadata, self.region, self.local = metadata, region, threading.local()
        # Seconds that S3's clock is ahead of this one.
        self.skew, self.patience = 0, PATIENCE_SECONDS

    def now(self):
        return time.time() + self.skew

    def locate(self, bucket, key):
        """(scheme, host, path) of an object, or of the bucket for an empty key."""
        given = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        path = "/" + quote(key, "/-_.~")
        if given:
            url = urllib.parse.urlsplit(given)
            return url.scheme, url.netloc, f"{url.path.rstrip('/')}/{bucket}{path if key else ''}"
        host = f"s3.{self.region}.amazonaws.com{'.cn' if self.region.startswith('cn-') else ''}"
        # The wildcard certificate of S3 covers no bucket with a dot.
        return ("https", host, f"/{bucket}{path}") if "." in bucket else ("https", f"{bucket}.{host}", path)

    def connect(self, scheme, host):
        held = self.local.__dict__
        if host not in held:
            make = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
            held[host] = make(host, timeout=30)
        return held, held[host]

    def once(self, method, bucket, key, query, headers, body, sink):
        scheme, host, path = self.locate(bucket, key)
        text = "&".join(f"{quote(name)}={quote(value)}" for name, value in sorted(query.items()))
        # S3 compares the body with this; a bucket with locked objects wants a checksum besides.
        hashed = {"host": host, "x-amz-content-sha256": sha256(body)}
        if method == "PUT" and not query:
            hashed["x-amz-checksum-sha256"] = base64.b64encode(bytes.fromhex(sha256(body))).decode()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self.now()))
        signed = sign(method, path, text, {**headers, **hashed}, self.region, self.metadata.credentials(), stamp)
        held, connection = self.connect(scheme, host)
        keep = False
        try:
            connection.request(method, f"{path}?{text}" if text else path, body, signed)
            answer = connection.getresponse()
            content = self.read(answer, sink if answer.status < 300 else None)
            keep = not answer.will_close
            return answer.status, answer.headers, content
        finally:
            if not keep:
                held.pop(host).close()

    def read(self, answer, sink):
        expected, got, kept = answer.headers["content-length"], 0, bytearray()
        for content in iter(lambda: answer.read(1 << 20), b""):
            got += len(content)
            (sink or kept.extend)(content)
        if expected and got != int(expected):
            raise ConnectionError(f"the answer ended after {got} of {expected} bytes")
        return bytes(kept)

    def lasts(self, status, code, headers):
        """Whether trying again cannot help; learns what there is to learn from the refusal."""
        if code == "RequestTimeTooSkewed":
            self.skew = email.utils.parsedate_to_datetime(headers["date"]).timestamp() - time.time()
        elif code in ("ExpiredToken", "InvalidToken", "InvalidAccessKeyId"):
            self.metadata.credentials(refused=True)
        else:
            return status < 500 and status not in (408, 429) and code not in ("RequestTimeout", "InternalError")
        return False

    def call(self, method, bucket, key="", query={}, headers=dict, body=b"", sink=None):
        """(headers, body) of the answer. What does not last is tried again, with the headers asked for anew."""
        deadline, tries = time.monotonic() + self.patience, 0
        while True:
            try:
                status, told, content = self.once(method, bucket, key, query, headers(), body, sink)
                # The end of a multipart upload may fail after its answer has begun, which then is 200.
                if status < 300 and not (method == "POST" and b"<Error>" in content):
                    return told, content
                found = (re.search(f"<{tag}>([^<]*)<", content.decode()) for tag in ("Code", "Message"))
                code, text = (html.unescape(each[1]) if each else "" for each in found)
                lasts, why = self.lasts(status, code, told), f"{status} {code}: {text}"
            except (OSError, http.client.HTTPException) as error:
                lasts, why = False, describe(error)
            tries += 1
            if lasts or time.monotonic() > deadline:
                raise Refused(f"{method} s3://{bucket}/{key or query['prefix']} failed: {why}")
            time.sleep(random.uniform(0, min(8, 0.1 * 2**tries)))

    def list(self, bucket, prefix):
        """(key, bytes, etag) of every object below the prefix."""
        query, found = {"list-type": "2", "prefix": prefix, "encoding-type": "url"}, []
        while True:
            page = xml.etree.ElementTree.fromstring(self.call("GET", bucket, query=query)[1])
            for item in page.iterfind("{*}Contents"):
                key, size, etag = (item.findtext("{*}" + name) for name in ("Key", "Size", "ETag"))
                found.append((urllib.parse.unquote_plus(key), int(size), etag))
            if page.findtext("{*}IsTruncated") != "true":
                return found
            query["continuation-token"] = page.findtext("{*}NextContinuationToken")


class Upload:
    """An object that is written to and appears whole, or not at all. It holds one part in memory and nothing on disk."""

    def __init__(self, s3, bucket, key):
        self.s3, self.place = s3, (bucket, key)
        self.buffer, self.id, self.parts = bytearray(), None, []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.finish()
        elif self.id:
            self.s3.call("DELETE", *self.place, {"uploadId": self.id})

    def write(self, content):
        self.buffer += content
        while len(self.buffer) > PART_BYTES:
            self.send(bytes(self.buffer[:PART_BYTES]))
            del self.buffer[:PART_BYTES]
        return len(content)

    def send(self, part):
        if not self.id:
            answer = self.s3.call("POST", *self.place, {"uploads": ""})[1]
            self.id = xml.etree.ElementTree.fromstring(answer).findtext("{*}UploadId")
        number = len(self.parts) + 1
        told = self.s3.call("PUT", *self.place, {"partNumber": str(number), "uploadId": self.id}, body=part)[0]
        self.parts.append(f"<Part><PartNumber>{number}</PartNumber><ETag>{html.escape(told['etag'])}</ETag></Part>")

    def finish(self):
        if not self.id:
            self.s3.call("PUT", *self.place, body=bytes(self.buffer))
            return
        self.send(bytes(self.buffer))
        space, parts = "http://s3.amazonaws.com/doc/2006-03-01/", "".join(self.parts)
        body = f'<CompleteMultipartUpload xmlns="{space}">{parts}</CompleteMultipartUpload>'
        self.s3.call("POST", *self.place, {"uploadId": self.id}, body=body.encode())


# ---- files ----------------------------------------------------------------------------------------------------------


def find_place(key, prefix):
    """Where an object lies below its prefix, as on SageMaker: `data` is the folder data/, and the beginning of data-2/."""
    if not prefix.endswith("/"):
        prefix = f"{prefix}/" if key.startswith(f"{prefix}/") else prefix[: prefix.rfind("/") + 1]
    place = key[len(prefix) :]
    if "\0" in place or any(part in ("", ".", "..") for part in place.split("/")):
        raise BoxError(f"The key {key!r} names no file inside its folder: rename or remove the object.")
    return place


def list_files(folder):
    """(path, name below the folder) of files and links, sorted; a link to a folder is a link."""
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files + [name for name in folders if os.path.islink(os.path.join(parent, name))]):
            path = os.path.join(parent, name)
            yield path, os.path.relpath(path, folder)


def pack(folder, out):
    """Writes the folder to `out` as tar.gz; a link stays a link. Weights hardly shrink, so it is packed fast."""
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for path, name in list_files(folder):
                # Without this the second name of a file would be stored as a link to the first.
                archive.inodes.clear()
                entry = archive.gettarinfo(path, name)
                if entry and entry.issym():
                    archive.addfile(entry)
                elif entry and entry.isfile():
                    with open(path, "rb") as file:
                        archive.addfile(entry, file)


def write_config(name, content):
    path = join("input", "config", name)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
    except OSError as error:
        raise write_error(error, path) from error


def measure_disk():
    """(free, all) GB of the disk that the job is on."""
    there = os.statvfs(BASE)
    return there.f_bfree * there.f_frsize / 1e9, there.f_blocks * there.f_frsize / 1e9


# ---- processes ------------------------------------------------------------------------------------------------------


def read_processes():
    """pid -> (parent, CPU seconds with those of children it has waited for, resident bytes)."""
    ticks, page, found = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE"), {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        found[int(name)] = int(fields[1]), sum(map(int, fields[11:15])) / ticks, int(fields[21]) * page
    return found


class Tree:
    """The launcher and everything that descends from it: orphans become children of this process, which reaps them."""

    def __init__(self):
        self.helpers, self.code, self.reaped, self.ended = set(), None, 0.0, threading.Event()

    def start(self, command, **options):
        # PR_SET_CHILD_SUBREAPER
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
        self.reaper = begin(self.reap)

    def reap(self):
        while True:
            try:
                pid, status, usage = os.wait4(-1, 0)
            except ChildProcessError:
                return
            if pid not in self.helpers:
                self.reaped += usage.ru_utime + usage.ru_stime
            if pid == self.child.pid:
                self.code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
                self.ended.set()

    def find(self, processes):
        below, found, queue = {}, [], [os.getpid()]
        for pid, (parent, *_) in processes.items():
            if pid not in self.helpers:
                below.setdefault(parent, []).append(pid)
        while queue:
            more = below.get(queue.pop(), [])
            queue += more
            found += more
        return found

    def look(self):
        """(CPU seconds since the start, resident bytes). What ends meanwhile is found at the next look, never twice."""
        seconds, processes = self.reaped, read_processes()
        alive = [processes[pid] for pid in self.find(processes)]
        return seconds + sum(each[1] for each in alive), sum(each[2] for each in alive)

    def signal(self, pid, number):
        # Not through Popen, which would reap, and the exit code would be lost.
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass

    def kill(self):
        """Ends what is left, whatever session it fled to."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            left = self.find(read_processes())
            if not left and self.ended.is_set():
                return
            for pid in left:
                self.signal(pid, signal.SIGKILL)
            time.sleep(0.02)

    def close(self):
        """Ends the helpers, so that the exit code of what comes later is not reaped here."""
        for pid in self.helpers:
            self.signal(pid, signal.SIGKILL)
        self.reaper.join(5)


class Gpus:
    """How many there are, and their mean load as nvidia-smi prints it once a second."""

    def __init__(self):
        self.count, self.load = 0, None
        if shutil.which("nvidia-smi"):
            try:
                told = subprocess.run(["nvidia-smi", "-L"], stdout=subprocess.PIPE, timeout=60, check=True).stdout
                self.count = sum(line.startswith(b"GPU ") for line in told.splitlines())
            except (OSError, subprocess.SubprocessError):
                pass

    def watch(self, helpers):
        if self.count:
            command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-l", "1"]
            process = subprocess.Popen(command, stdout=subprocess.PIPE)
            helpers.add(process.pid)
            begin(self.read, process.stdout)

    def read(self, pipe):
        lines = []
        for line in pipe:
            lines = [*lines, line.strip()][-self.count :]
            numbers = [float(each) for each in lines if each.isdigit()]
            self.load = sum(numbers) / self.count if len(numbers) == self.count else None


class Sampler:
    """Turns running totals into samples whose sum is the total: one reading is held back until the next is far enough."""

    def __init__(self, box, tree):
        self.box, self.tree, self.begun = box, tree, time.monotonic()
        self.given, self.held, self.lock, self.over = (0, 0), None, threading.Lock(), False

    def give(self):
        at, seconds, memory, gpu = self.held
        width = at - self.given[0]
        cpu = 100 * (seconds - self.given[1]) / width / self.box.vcpus
        sample = {"at": at - width / 2, "cpu": cpu, "memory": 100 * memory / self.box.memory_bytes, "gpu": gpu}
        line = {name: round(value, 2) for name, value in sample.items() if value is not None}
        self.box.samples.add(f"{json.dumps(line)}\n".encode())
        self.given = self.held[:2]

    def look(self, last=False):
        with self.lock:
            if self.over:
                return
            seconds, memory = self.tree.look()
            at, self.over = time.monotonic() - self.begun, last
            if self.held:
                seconds = max(seconds, self.held[1])
                # At the end nothing lives that has memory.
                memory = self.held[2] if last else memory
                if at - self.held[0] > 0.25:
                    self.give()
            self.held = at, seconds, memory, self.box.gpus.load
            if last:
                self.give()


# ---- what is told ---------------------------------------------------------------------------------------------------


class Stream:
    """Lines on their way to S3, as numbered objects that are written once; a machine that takes a job up counts on."""

    def __init__(self, box, folder, suffix):
        self.box, self.prefix, self.suffix = box, f"{box.job['prefix']}box/{folder}/", suffix
        self.lock, self.flushing = threading.Lock(), threading.Lock()
        self.waiting, self.tail, self.lost, self.count = bytearray(), b"", 0, 0

    def resume(self):
        keys = [key for key, *_ in self.box.s3.list(self.box.job["bucket"], self.prefix)]
        self.count = max((int(found[1]) for found in (re.search(r"/(\d{8})\.\w+$", key) for key in keys) if found), default=0)

    def add(self, content):
        with self.lock:
            self.tail = (self.tail + content)[-4096:]
            if len(self.waiting) < LOG_KEPT_BYTES:
                self.waiting += content
            else:
                self.lost += len(content)

    def take(self, everything):
        with self.lock:
            end = self.waiting.rfind(b"\n", 0, LOG_PART_BYTES) + 1
            if not end and (everything or len(self.waiting) > LONGEST_LINE):
                end = LOG_PART_BYTES
            return bytes(self.waiting[:end])

    def flush(self, everything=False):
        with self.flushing:
            for content in iter(lambda: self.take(everything), b""):
                text = content.decode("utf-8", "replace") + ("" if content.endswith(b"\n") else "\n")
                self.box.put(f"{self.prefix}{self.count + 1:08d}.{self.suffix}", text.encode())
                self.count += 1
                with self.lock:
                    del self.waiting[: len(content)]
                # What came meanwhile comes next time.
                if not everything and len(self.waiting) < LOG_PART_BYTES:
                    return

    def pump(self, pipe):
        for content in iter(lambda: os.read(pipe.fileno(), 1 << 16), b""):
            self.add(content)


class Box:
    def __init__(self, job):
        self.job, self.metadata = job, Metadata()
        self.s3 = S3(self.metadata, job["region"])
        self.log, self.samples = Stream(self, "log", "txt"), Stream(self, "samples", "jsonl")
        # Why training is to end, how long the script then has, and whether it is too late to ask.
        self.halt, self.grace, self.deaf = None, 0, False
        self.over, self.telling, self.saving = threading.Event(), threading.Lock(), threading.Lock()
        self.saved, self.final = {}, False
        self.status = {"schema": 1, "name": job["name"], "instance": "", "state": "starting", "phases": [], "model": False}

    def put(self, key, content):
        self.s3.call("PUT", self.job["bucket"], key, body=content)

    def say(self, text):
        """A line of this program: in the log, and on the console, which there is without S3, too."""
        print(f"machine: {text}", flush=True)
        partial = self.log.tail and not self.log.tail.endswith(b"\n")
        self.log.add(f"{chr(10) if partial else ''}machine: {text}\n".encode("utf-8", "replace"))

    def now(self):
        return datetime.fromtimestamp(self.s3.now(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def tell(self, final=False):
        with self.telling:
            if not self.final:
                counts = {"logParts": self.log.count, "sampleParts": self.samples.count, "updated": self.now()}
                self.put(f"{self.job['prefix']}box/status.json", json.dumps({**self.status, **counts}, indent=2).encode())
                self.final = final

    def enter(self, state):
        """The next phase, in the words of SageMaker's secondary statuses."""
        self.end_phase()
        self.status["phases"].append({"status": state.capitalize(), "start": self.now()})
        self.status["state"] = state
        try:
            self.tell()
        except Refused as error:
            # Where nothing can be told there is no use in training; later it is told with the next status.
            if state == "starting":
                raise
            self.say(describe(error))

    def end_phase(self):
        for phase in self.status["phases"][-1:]:
            phase["end"] = self.now()

    def every(self, seconds, act, what):
        """Does it again and again; what fails is said once, and tried again."""

        def loop():
            said = None
            while not self.over.wait(seconds):
                try:
                    act()
                except Exception as error:
                    if describe(error) != said:
                        said = describe(error)
                        self.say(f"{what}: {said}")

        begin(loop)

    # -- being asked to end

    def ask_to_end(self, why, grace):
        if not self.halt and not self.deaf:
            self.grace, self.halt = grace, why

    def look_for_notice(self):
        text = None if self.halt or self.deaf else self.metadata.get("spot/instance-action")
        if text:
            try:
                left = parse_time(json.loads(text)["time"]) - self.s3.now()
            except (ValueError, KeyError, TypeError):
                left = 120
            # The rest is for checkpoints and the status, after the script has ended.
            grace = max(0, min(self.job["stopGraceSeconds"], 0.6 * left))
            self.say(f"EC2 takes this spot machine back in {left:.0f} s; the script has {grace:.0f} s to end")
            self.ask_to_end("interrupted", grace)

    # -- before training

    def fetch(self, sources):
        """Downloads every (bucket, key, bytes, etag, path), large ones in pieces, several at a time."""
        need, (free, _) = sum(source[2] for source in sources) / 1e9, measure_disk()
        if need > free:
            raise BoxError(f"The disk of the machine is too small: {need:.1f} GB of data, {free:.1f} GB free: {MORE_ROOM}")
        with concurrent.futures.ThreadPoolExecutor(DOWNLOADS) as pool:
            waiting = [
                pool.submit(self.fetch_piece, bucket, key, start, min(start + PART_BYTES, size), etag, path)
                for bucket, key, size, etag, path in sources
                for start in range(0, max(size, 1), PART_BYTES)
            ]
            done, left = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_EXCEPTION)
            for future in left:
                future.cancel()
        for future in done:
            future.result()

    def fetch_piece(self, bucket, key, place, end, etag, path):
        def sink(content):
            nonlocal place
            if self.halt:
                raise Halted
            try:
                while content:
                    written = os.pwrite(file, content, place)
                    place, content = place + written, content[written:]
            except OSError as error:
                raise write_error(error, path) from error

        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
        except OSError as error:
            raise write_error(error, path) from error
        try:
            while place < end:
                headers = lambda: {"if-match": etag, "range": f"bytes={place}-{end - 1}"}
                self.s3.call("GET", bucket, key, headers=headers, sink=sink)
        except Refused as error:
            if "PreconditionFailed" in str(error):
                raise BoxError(f"s3://{bucket}/{key} was changed while the machine read it: run this again.") from error
            raise
        finally:
            os.close(file)

    def find(self, what, bucket, prefix, *folder):
        found = [
            (bucket, key, size, etag, join(*folder, find_place(key, prefix)))
            for key, size, etag in self.s3.list(bucket, prefix)
            # What consoles make to show a folder.
            if size or not key.endswith("/")
        ]
        if found:
            self.say(f"{what}: {len(found)} files, {sum(each[2] for each in found) / 1e6:.1f} MB")
        return found

    def download(self):
        for name in ("code", "model", "checkpoints", "output/data", "output/intermediate"):
            os.makedirs(join(name), exist_ok=True)
        self.write_configs()
        checkpoints = self.find("checkpoints to go on from", self.job["bucket"], self.job["checkpoints"], "checkpoints")
        sources = list(checkpoints)
        for name, place in self.job["channels"].items():
            found = self.find(f"channel {name}", place["bucket"], place["prefix"], "input/data", name)
            if not found:
                raise BoxError(f"There is no object below s3://{place['bucket']}/{place['prefix']}, the channel {name}.")
            sources += found
        self.fetch(sources)
        for *_, path in checkpoints:
            self.saved[path] = self.get_version(path)
        if self.halt:
            raise Halted

    def move(self, named):
        """Paths below /opt/ml, where the base folder is another one."""
        return {name: re.sub(r"(?<![\w./-])/opt/ml(?![\w.-])", lambda _: BASE, text) for name, text in named.items()}

    def write_configs(self):
        # Its address is its name, so that a script needs no name service; one machine speaks with itself only.
        host, kind, group = self.metadata.get("local-ipv4") or "127.0.0.1", self.job["instanceType"], "homogeneousCluster"
        channel = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
        resources = {
            "current_host": host,
            "current_instance_type": kind,
            "current_group_name": group,
            "hosts": [host],
            "instance_groups": [{"instance_group_name": group, "instance_type": kind, "hosts": [host]}],
            "network_interface_name": "lo",
        }
        write_config("resourceconfig.json", resources)
        write_config("inputdataconfig.json", {name: channel for name in self.job["channels"]})
        write_config("hyperparameters.json", self.move(self.job["hyperparameters"]))

    # -- training

    def start(self, tree):
        launcher = join("input/data/code/launcher.py")
        if not os.path.isfile(launcher):
            raise BoxError("There is no launcher.py in the channel code.")
        python, path = shutil.which("python3") or sys.executable, os.environ.get("PATH", os.defpath)
        # The Deep Learning AMIs have PyTorch in an environment of its own.
        if os.access("/opt/pytorch/bin/python3", os.X_OK):
            python, path = "/opt/pytorch/bin/python3", f"/opt/pytorch/bin:{path}"
        environment = {
            # cloud-init sets no HOME, which pip and torch keep their caches in.
            "HOME": os.path.expanduser("~"),
            **os.environ,
            "PATH": path,
            **self.move(self.job["environment"]),
            "TRAINING_JOB_NAME": self.job["name"],
            "AWS_REGION": self.job["region"],
            "SAGEMAKER_BASE_DIR": BASE,
        }
        command = [python, launcher, self.job["entryPoint"]]
        tree.start(command, cwd=BASE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def train(self):
        """Runs the launcher to its end. @returns why it was asked to end, if it was"""
        tree = Tree()
        sampler = Sampler(self, tree)
        self.start(tree)
        pump = begin(self.log.pump, tree.child.stdout)
        self.gpus.watch(tree.helpers)
        self.every(1, sampler.look, "sampling")
        self.every(10, self.samples.flush, "samples")
        self.every(30, self.save_checkpoints, "checkpoints")
        why = self.wait_for_end(tree)
        self.deaf = True
        tree.kill()
        pump.join(5)
        sampler.look(last=True)
        tree.close()
        self.status["exitCode"] = tree.code
        return why

    def wait_for_end(self, tree):
        deadline = time.monotonic() + self.job["maxRuntimeSeconds"]
        while not self.halt and not tree.ended.wait(0.1):
            if time.monotonic() >= deadline:
                self.say(f"max-runtime is over: the script has run for {self.job['maxRuntimeSeconds']} s and is stopped")
                self.ask_to_end("timed-out", self.job["stopGraceSeconds"])
        if tree.ended.is_set():
            # A machine that is terminated sends SIGTERM to everyone: the script's may have come first.
            if tree.code == 128 + signal.SIGTERM and not self.halt:
                time.sleep(0.5)
            return self.halt if self.halt == "stopped" else None
        # And a script that has got it already should not be disturbed by another one.
        if self.halt != "stopped" or not tree.ended.wait(0.5):
            tree.signal(tree.child.pid, signal.SIGTERM)
        if not tree.ended.wait(self.grace):
            self.say(f"the script did not end within {self.grace:.0f} s of SIGTERM and is killed")
        return self.halt

    def get_version(self, path):
        found = os.stat(path)
        return found.st_mtime_ns, found.st_size

    def save_checkpoints(self):
        """Uploads what is new or changed since the last time."""
        with self.saving:
            for path, name in list_files(join("checkpoints")):
                try:
                    if os.path.islink(path) or not os.path.isfile(path) or self.saved.get(path) == self.get_version(path):
                        continue
                    version = self.get_version(path)
                    with open(path, "rb") as file, Upload(self.s3, self.job["bucket"], self.job["checkpoints"] + name) as out:
                        shutil.copyfileobj(file, out, 1 << 20)
                    self.saved[path] = version
                except FileNotFoundError:
                    # A temporary file, renamed meanwhile: it comes again under its new name.
                    pass

    # -- after training

    def explain(self):
        """Why the script failed: in the launcher's words, else with the end of the log."""
        try:
            with open(join("output/failure"), encoding="utf-8", errors="replace") as file:
                text = file.read(1 << 16).strip()
        except OSError:
            text = ""
        if not text:
            end = "\n".join(self.log.tail.decode("utf-8", "replace").splitlines()[-8:])
            text = f"{self.job['entryPoint']} ended with exit code {self.status['exitCode']}.\n{end}"
        free, whole = measure_disk()
        if free * 1e9 < FULL_BYTES:
            return f"The disk of the machine is full ({free:.2f} of {whole:.1f} GB free): {MORE_ROOM}\n{text}"
        return f"The script had no more room to write: {MORE_ROOM}\n{text}" if NO_ROOM.search(text) else text

    def upload(self, name, folder):
        """Packs a folder and uploads it while it is packed; false when it is empty."""
        if not any(list_files(folder)):
            return False
        try:
            with Upload(self.s3, self.job["bucket"], f"{self.job['prefix']}output/{name}.tar.gz") as out:
                pack(folder, out)
        except OSError as error:
            raise BoxError(f"{name}.tar.gz could not be packed: {error}.") from error
        return True

    def measure(self):
        with open("/proc/meminfo", encoding="ascii") as file:
            total = int(re.search(r"MemTotal:\s+(\d+) kB", file.read())[1]) * 1024
        self.gpus, self.vcpus = Gpus(), self.job.get("vcpus") or os.cpu_count()
        self.memory_bytes = self.job.get("memoryGib", 0) * (1 << 30) or total
        self.status.update(vcpus=self.vcpus, gpus=self.gpus.count)

    def run(self):
        """@returns the state it ends in"""
        self.status["instance"] = self.metadata.wait_for("instance-id", "instance id")
        self.measure()
        self.log.resume()
        self.samples.resume()
        self.status.update(firstLogPart=self.log.count + 1, firstSamplePart=self.samples.count + 1)
        self.enter("starting")
        self.every(10, self.tell, "status")
        self.every(2, self.log.flush, "log")
        self.every(2, self.look_for_notice, "spot notice")
        self.enter("downloading")
        self.download()
        self.enter("training")
        why = self.train()
        if why != "interrupted":
            self.s3.patience = LONG_PATIENCE_SECONDS
            self.enter("uploading")
        self.save_checkpoints()
        if why == "interrupted":
            return why
        self.upload("output", join("output/data"))
        if self.status["exitCode"] and not why:
            self.status["failure"] = self.explain()
            return "failed"
        self.status["model"] = self.upload("model", join("model"))
        return why or "completed"

    def finish(self, state):
        """The end of the samples and of the log, and then the last word."""
        self.over.set()
        if self.log.lost:
            self.say(f"{self.log.lost} bytes of the log are lost: S3 did not take them in time")
        for stream in (self.samples, self.log):
            try:
                stream.flush(everything=True)
            except Exception as error:
                print(f"machine: {describe(error)}", flush=True)
        self.end_phase()
        self.status["state"] = state
        self.tell(final=True)


def shorten(text):
    """Without control characters, and as long as a reader that counts in UTF-16 takes it."""
    return CONTROL.sub("", text).encode("utf-16-le")[: 2 * MAX_FAILURE_UNITS].decode("utf-16-le", "ignore")


def main(job):
    box = Box(job)
    # A machine that is terminated has little time, and its last word must be said within it.
    signal.signal(signal.SIGTERM, lambda *_: box.ask_to_end("stopped", min(15, job["stopGraceSeconds"])))
    try:
        state = box.run()
    except Halted:
        state = box.halt
    except Exception as error:
        state, own = "failed", "" if isinstance(error, BoxError) else "The program on the machine failed: "
        box.status["failure"] = own + describe(error)
        box.say(box.status["failure"])
    try:
        if "failure" in box.status:
            box.status["failure"] = shorten(box.status["failure"])
        box.finish(state)
    except Exception as error:
        print(f"machine: the last status could not be written: {describe(error)}", flush=True)
    return subprocess.call(["shutdown", "-P", "now"])


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main(json.loads(sys.argv[1])))
