import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The model server of the local cloud's endpoints: the handlers that SageMaker's serving images call (model_fn, input_fn, predict_fn,
 * output_fn, or transform_fn), behind the contract every serving container keeps (GET /ping, POST /invocations).
 *
 *     python3 serve.py ADDRESS PORT MODEL_DIR MEMORY_BYTES
 *
 * The handlers are in code/ of the model's archive, in the file SAGEMAKER_PROGRAM names. The model is loaded before the port is opened:
 * whatever fails there ends the process, with its traceback in the log. A handler's error may carry status_code and message, as those of
 * SageMaker's inference toolkit do; any other is 500. SIGTERM lets calls that are under way finish.
 * Text in a TypeScript file so that a bundle carries it.
 */
const serverSource = String.raw`import importlib.util, json, os, resource, signal, sys, threading, traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXT_TYPES = ("application/json", "text/csv")


class UnsupportedType(Exception):
    """A content type nobody here can read or write: 415."""


def media_type(text):
    return text.split(";")[0].strip().lower()


def stop(text):
    print("[local cloud] " + text, flush=True)
    sys.exit(1)


def load_module(model_dir):
    code = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY") or os.path.join(model_dir, "code")
    if code.startswith("s3://"):
        stop("SAGEMAKER_SUBMIT_DIRECTORY is %s; put the code into code/ of model.tar.gz, nothing else is read here" % code)
    program = os.environ.get("SAGEMAKER_PROGRAM") or "inference.py"
    path = os.path.join(code, program)
    if not os.path.isfile(path):
        stop("model.tar.gz has no code/%s, and the image's own server is not run here" % program)
    if os.path.exists(os.path.join(code, "requirements.txt")):
        print("[local cloud] code/requirements.txt is not installed: this machine's own packages are used", flush=True)
    sys.path.insert(0, code)
    spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(program))[0], path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def default_input(body, content_type):
    if media_type(content_type) == "application/json":
        values = json.loads(body)
    elif media_type(content_type) == "text/csv":
        values = [[float(value) for value in line.split(",")] for line in body.splitlines() if line.strip()]
    else:
        raise UnsupportedType("Content type %s is not supported: define input_fn." % content_type)
    try:
        import numpy
    except ImportError:
        return values
    return numpy.array(values)


def default_predict(data, model):
    return model.predict(data)


def default_output(prediction, accept):
    if media_type(accept) not in ("application/json", "*/*", ""):
        raise UnsupportedType("Accept %s is not supported: define output_fn." % accept)
    return json.dumps(prediction.tolist() if hasattr(prediction, "tolist") else prediction), "application/json"


class Model:
    """The handlers of one module. As many calls at once as there are workers: one, unless SAGEMAKER_MODEL_SERVER_WORKERS says more."""

    def __init__(self, model_dir):
        module = load_module(model_dir)
        if not hasattr(module, "model_fn"):
            stop("%s defines no model_fn" % module.__file__)
        self.transform_fn = getattr(module, "transform_fn", None)
        self.input_fn = getattr(module, "input_fn", default_input)
        self.predict_fn = getattr(module, "predict_fn", default_predict)
        self.output_fn = getattr(module, "output_fn", default_output)
        self.model = module.model_fn(model_dir)
        self.workers = threading.Semaphore(int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or 1))

    def answer(self, body, content_type, accept):
        with self.workers:
            if self.transform_fn:
                result = self.transform_fn(self.model, body, content_type, accept)
            else:
                data = self.input_fn(body, content_type)
                result = self.output_fn(self.predict_fn(data, self.model), accept)
        content, kind = result if isinstance(result, tuple) and len(result) == 2 else (result, accept)
        return content if isinstance(content, bytes) else str(content).encode(), kind


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.reply(200 if self.path == "/ping" else 404, b"", "text/plain")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != "/invocations":
            return self.reply(404, b"", "text/plain")
        with self.server.active:
            self.server.calls += 1
        try:
            self.reply(*self.invoke(body))
        finally:
            with self.server.active:
                self.server.calls -= 1
                self.server.active.notify_all()

    def invoke(self, body):
        default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or "application/json"
        content_type = self.headers.get("Content-Type") or "application/json"
        accept = self.headers.get("Accept") or default_accept
        if accept == "*/*":
            accept = default_accept
        try:
            if media_type(content_type) in TEXT_TYPES:
                body = body.decode("utf-8")
            return (200, *self.server.model.answer(body, content_type, accept))
        except UnsupportedType as error:
            return 415, str(error).encode(), "text/plain"
        except Exception as error:
            traceback.print_exc()
            status, message = getattr(error, "status_code", None), getattr(error, "message", None)
            if isinstance(status, int) and 400 <= status <= 599 and isinstance(message, str):
                return status, message.encode(), "text/plain"
            return 500, ("%s: %s" % (type(error).__name__, error)).encode(), "text/plain"

    def reply(self, status, body, content_type):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address, model):
        self.model, self.calls, self.active = model, 0, threading.Condition()
        super().__init__(address, Handler)

    def handle_error(self, request, client_address):
        """A client that hung up has nothing to be told."""


def main(address, port, model_dir, memory_bytes):
    if memory_bytes > 0:
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    model = Model(model_dir)
    server = Server((address, port), model)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print("[local cloud] the model is loaded; serving on port %d" % port, flush=True)
    server.serve_forever(poll_interval=0.1)
    with server.active:
        server.active.wait_for(lambda: server.calls == 0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
`;

/** Writes the server to a file that instances are started with. */
export async function writeServer(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, serverSource);
}
