/** The same as the Node.js bootstrap, for functions in Python: standard library only. */
export const pythonBootstrap = String.raw`import http.client
import importlib
import json
import os
import resource
import sys
import time
import traceback

ENV = os.environ
HOST, _, PORT = ENV["AWS_LAMBDA_RUNTIME_API"].partition(":")
API = http.client.HTTPConnection(HOST, int(PORT))


class RuntimeFault(Exception):
    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class Context:
    def __init__(self, headers):
        self.function_name = ENV["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = ENV["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = ENV["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = ENV["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = ENV["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.identity = None
        self.client_context = None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))


def ask(method, path, body=None):
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    API.request(method, "/2018-06-01/runtime/" + path, body, {"x-memory-kilobytes": str(kilobytes)})
    answer = API.getresponse()
    return answer.headers, answer.read()


def describe(error):
    return json.dumps({
        "errorType": error.kind if isinstance(error, RuntimeFault) else type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": traceback.format_tb(error.__traceback__),
    }).encode()


def load_handler():
    module_name, _, name = ENV["_HANDLER"].rpartition(".")
    sys.path.insert(0, ENV["LAMBDA_TASK_ROOT"])
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise RuntimeFault("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error)) from error
    handler = getattr(module, name, None)
    if not callable(handler):
        raise RuntimeFault("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (name, module_name))
    return handler


def answer(request_id, outcome, body):
    sys.stderr.flush()
    sys.stdout.write("\0end %s\n" % request_id)
    sys.stdout.flush()
    ask("POST", "invocation/%s/%s" % (request_id, outcome), body)


def serve(handler):
    headers, payload = ask("GET", "invocation/next")
    context = Context(headers)
    try:
        outcome, body = "response", json.dumps(handler(json.loads(payload), context)).encode()
    except Exception as error:
        traceback.print_exc()
        outcome, body = "error", describe(error)
    answer(context.aws_request_id, outcome, body)


def main():
    try:
        handler = load_handler()
    except Exception as error:
        traceback.print_exc()
        ask("POST", "init/error", describe(error))
        sys.exit(1)
    while True:
        serve(handler)


main()
`;
