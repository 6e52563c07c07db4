"""S3 and the metadata service of a machine on 127.0.0.1, as far as the agent speaks with them; it checks every signature."""

import base64
import collections
import hashlib
import hmac
import http.server
import json
import re
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

REGION = "eu-west-1"
TOKEN_LIMIT = 3


def digest(content):
    return hashlib.sha256(content).hexdigest()


def check_signature(method, target, headers, secret):
    """Signature Version 4 as AWS's documentation puts it, step by step."""
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=[^/]+/(\d{8})/([^/]+)/s3/aws4_request, SignedHeaders=(\S+), Signature=([0-9a-f]{64})",
        headers["authorization"],
    )
    day, region, listed, signature = found.groups()
    path, _, query = target.partition("?")
    canonical = f"{method}\n{path}\n{'&'.join(sorted(query.split('&')))}\n"
    for name in listed.split(";"):
        canonical += f"{name}:{headers[name]}\n"
    canonical += f"\n{listed}\n{headers['x-amz-content-sha256']}"
    scope = f"{day}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{digest(canonical.encode())}"
    key = ("AWS4" + secret).encode()
    for part in (day, region, "s3", "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    needed = {"host", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"}
    return region == REGION and key.hex() == signature and needed <= set(listed.split(";"))


class Aws:
    def __init__(self):
        self.objects, self.uploads, self.calls = {}, {}, []
        self.meta = {"instance-id": "i-0123456789abcdef0", "local-ipv4": "127.0.0.1", "iam/security-credentials/": "box-role"}
        self.session, self.session_seconds, self.tokens, self.page = 0, 3600, {}, 1000
        self.faults, self.written = collections.defaultdict(list), collections.defaultdict(list)
        self.skew, self.refuse_writes, self.lock = 0, None, threading.RLock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                outer.answer(self)

            do_GET = do_PUT = do_POST = do_DELETE = handle_one

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A client that was killed in the middle of a call is no error."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    # -- what a test sees and sets

    def put(self, key, content, bucket="box"):
        self.objects[bucket, key] = content if isinstance(content, bytes) else content.encode()

    def get(self, key, bucket="box"):
        return self.objects[bucket, key]

    def keys(self, prefix="", bucket="box"):
        return sorted(key for held, key in self.objects if held == bucket and key.startswith(prefix))

    def secret(self):
        return f"secret/{self.session}+key"

    # -- answering

    def answer(self, request):
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.rfile.read(int(headers.get("content-length", 0)))
        if request.path.startswith("/latest/"):
            status, content = self.answer_metadata(request.command, request.path[len("/latest/") :], headers)
            return self.send(request, status, content.encode())
        url = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        bucket, _, key = urllib.parse.unquote(url.path[1:]).partition("/")
        with self.lock:
            self.calls.append((request.command, key, query))
            refused = self.refuse(request, headers, key, body)
            if refused:
                return self.send_error(request, *refused)
            fault = self.faults[request.command, key].pop(0) if self.faults[request.command, key] else None
            if isinstance(fault, int):
                return self.send_error(request, fault, "SlowDown", "Please reduce your request rate.")
            status, content, more = getattr(self, f"do_{request.command.lower()}")(bucket, key, query, headers, body)
        self.send(request, status, content, more, cut=fault == "cut")

    def send(self, request, status, content, headers=None, cut=False):
        request.send_response(status)
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.send_header("content-length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[: len(content) // 2] if cut else content)
        request.close_connection = cut

    def date_time_string(self):
        return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + self.skew))

    def send_error(self, request, status, code, message):
        text = f"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        request.date_time_string = lambda *_: self.date_time_string()
        self.send(request, status, text.encode(), {"content-type": "application/xml"})

    def answer_metadata(self, method, path, headers):
        with self.lock:
            if path == "api/token" and method == "PUT":
                token = f"token-{len(self.tokens)}"
                self.tokens[token] = TOKEN_LIMIT
                return 200, token
            # A token ends soon, so that every test sees one renewed.
            left = self.tokens.get(headers.get("x-aws-ec2-metadata-token"), 0)
            if left == 0:
                return 401, ""
            self.tokens[headers["x-aws-ec2-metadata-token"]] = left - 1
            name = path[len("meta-data/") :]
            if name == "iam/security-credentials/box-role":
                self.session += 1
                ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self.session_seconds))
                keys = {"AccessKeyId": f"ASIA{self.session}", "SecretAccessKey": self.secret(), "Token": f"session-{self.session}"}
                return 200, json.dumps({"Code": "Success", "Expiration": ends, **keys})
            return (200, self.meta[name]) if name in self.meta else (404, "")

    def refuse(self, request, headers, key, body):
        if headers["x-amz-content-sha256"] != digest(body):
            return 400, "XAmzContentSHA256Mismatch", "The body is another one."
        moment = time.mktime(time.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ")) - time.timezone
        if abs(moment - time.time() - self.skew) > 900:
            return 403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
        if headers["x-amz-security-token"] != f"session-{self.session}":
            return 400, "ExpiredToken", "The provided token has expired."
        if not check_signature(request.command, request.path, headers, self.secret()):
            return 403, "SignatureDoesNotMatch", "The request signature we calculated does not match."
        if self.refuse_writes and request.command != "GET" and self.refuse_writes in key:
            return 403, "AccessDenied", f"box-role is not authorized to perform: s3:PutObject on {key} & more"
        return None

    def do_get(self, bucket, key, query, headers, _):
        if "list-type" in query:
            return 200, self.list(bucket, query).encode(), {}
        content = self.objects.get((bucket, key))
        if content is None:
            return 404, b"<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>", {}
        if headers.get("if-match", self.etag(content)) != self.etag(content):
            return 412, b"<Error><Code>PreconditionFailed</Code><Message>It was changed.</Message></Error>", {}
        first, last = (int(each) for each in headers["range"][len("bytes=") :].split("-"))
        return 206, content[first : last + 1], {"etag": self.etag(content)}

    def etag(self, content):
        return f'"{hashlib.md5(content).hexdigest()}"'

    def list(self, bucket, query):
        keys = [key for key in self.keys(query["prefix"], bucket) if key > query.get("continuation-token", "")]
        page, more = keys[: self.page], len(keys) > self.page
        items = "".join(
            f"<Contents><Key>{escape(urllib.parse.quote_plus(key, safe='/'))}</Key>"
            f"<ETag>{escape(self.etag(self.objects[bucket, key]))}</ETag><Size>{len(self.objects[bucket, key])}</Size></Contents>"
            for key in page
        )
        end = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
        return f"<ListBucketResult {space}><IsTruncated>{str(more).lower()}</IsTruncated>{items}{end}</ListBucketResult>"

    def do_put(self, bucket, key, query, headers, body):
        etag = {"etag": self.etag(body)}
        if "uploadId" in query:
            self.uploads[query["uploadId"]][int(query["partNumber"])] = body
            return 200, b"", etag
        assert headers["x-amz-checksum-sha256"] == base64.b64encode(hashlib.sha256(body).digest()).decode()
        self.objects[bucket, key] = body
        self.written[key].append(body)
        return 200, b"", etag

    def do_post(self, bucket, key, query, _, body):
        if "uploads" in query:
            name = f"upload-{len(self.uploads)}"
            self.uploads[name] = {}
            return 200, f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>".encode(), {}
        parts = self.uploads.pop(query["uploadId"])
        named = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>([^<]*)</ETag>", body.decode())
        assert [(int(number), etag.replace("&quot;", '"')) for number, etag in named] == [
            (number, self.etag(part)) for number, part in sorted(parts.items())
        ]
        self.objects[bucket, key] = b"".join(part for _, part in sorted(parts.items()))
        return 200, b"<CompleteMultipartUploadResult></CompleteMultipartUploadResult>", {}

    def do_delete(self, bucket, key, query, *_):
        del self.uploads[query["uploadId"]]
        return 204, b"", {}
