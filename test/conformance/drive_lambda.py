"""Drives Lambda on the local cloud as any Python program would: with boto3, nothing adapted.

    python drive_lambda.py ENDPOINT_URL ROLE_ARN

Prints what the client saw, as one line of JSON.
"""

import base64
import io
import json
import sys
import time
import zipfile

from clients import client, code, refusal

URL, ROLE = sys.argv[1:]
NAME = {"FunctionName": "echo"}
WAIT = {"Delay": 1, "MaxAttempts": 30}

functions = client("lambda", URL)
# What throttles is to be seen, not to be tried again.
impatient = client("lambda", URL, retries={"total_max_attempts": 1})


def settled(write, **members):
    """A write that meets an update in progress is made again: a read may have shown the end of it too early, or too late its begin."""
    for _ in range(40):
        try:
            return write(**members)
        except functions.exceptions.ResourceConflictException as error:
            if "in progress" not in str(error):
                raise
            time.sleep(0.25)
    return write(**members)


def archive(greeting):
    handler = """
import os
def handler(event, context):
    print("a line of the handler")
    if event.get("fail"):
        raise ValueError("no such breed")
    return {"greeting": %r, "name": event["name"], "version": context.function_version, "place": os.environ["PLACE"]}
"""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("index.py", handler % greeting)
    return packed.getvalue()


def call(qualifier, event=None):
    answer = functions.invoke(Qualifier=qualifier, LogType="Tail", Payload=json.dumps(event or {"name": "dog"}), **NAME)
    log = base64.b64decode(answer["LogResult"]).decode()
    return {
        "status": answer["StatusCode"],
        "version": answer["ExecutedVersion"],
        "error": answer.get("FunctionError"),
        "payload": json.loads(answer["Payload"].read()),
        "log": [word for word in ("START", "a line of the handler", "ValueError", "END", "REPORT") if word in log],
    }


def create():
    settings = {"Runtime": "python3.12", "Handler": "index.handler", "Role": ROLE, "Environment": {"Variables": {"PLACE": "kennel"}}}
    code_of = {"ZipFile": archive("hello")}
    made = functions.create_function(Code=code_of, Timeout=10, MemorySize=256, Tags={"team": "dogs"}, **settings, **NAME)
    pending = code(functions.update_function_configuration, Timeout=20, **NAME)
    functions.get_waiter("function_active_v2").wait(**NAME, WaiterConfig=WAIT)
    shown = functions.get_function(**NAME)
    return {
        "state": [made["State"], shown["Configuration"]["State"]],
        "version": made["Version"],
        "pending": pending,
        "tags": shown["Tags"],
        "taken": refusal(functions.create_function, Code=code_of, **settings, **NAME),
        "no archive": code(functions.create_function, FunctionName="other", Code={"ZipFile": b"no archive"}, **settings),
    }


def publish():
    first = settled(functions.publish_version, Description="first", **NAME)
    functions.get_waiter("published_version_active").wait(**NAME, Qualifier="1", WaiterConfig=WAIT)
    alias = functions.create_alias(Name="live", FunctionVersion="1", **NAME)
    seen = {
        "version": [first["Version"], first["FunctionArn"]],
        "again": settled(functions.publish_version, **NAME)["Version"],
        "alias taken": code(functions.create_alias, Name="live", FunctionVersion="1", **NAME),
        "no such version": code(functions.create_alias, Name="other", FunctionVersion="7", **NAME),
    }
    updated = functions.update_function_code(ZipFile=archive("good day"), **NAME)
    seen["update"] = [updated["LastUpdateStatus"], refusal(functions.update_function_code, ZipFile=archive("hi"), **NAME)]
    functions.get_waiter("function_updated_v2").wait(**NAME, WaiterConfig=WAIT)
    seen["stale code"] = code(functions.publish_version, CodeSha256=first["CodeSha256"], **NAME)
    second = settled(functions.publish_version, **NAME)
    functions.get_waiter("published_version_active").wait(**NAME, Qualifier="2", WaiterConfig=WAIT)
    seen["second"] = second["Version"]
    seen["before"] = call("live")["payload"]
    functions.update_alias(Name="live", FunctionVersion="2", RevisionId=alias["RevisionId"], **NAME)
    seen["stale revision"] = refusal(functions.update_alias, Name="live", FunctionVersion="1", RevisionId=alias["RevisionId"], **NAME)
    seen["versions"] = [one["Version"] for one in functions.list_versions_by_function(**NAME)["Versions"]]
    return seen


def invoke():
    seen = {"live": call("live"), "failed": call("2", {"name": "cat", "fail": True})}
    seen["failed"]["payload"].pop("stackTrace", None)
    seen["failed"]["payload"].pop("requestId", None)
    seen["missing"] = refusal(functions.invoke, Qualifier="none", **NAME)
    seen["no json"] = code(functions.invoke, Payload=b"no json", **NAME)
    return seen


def limit():
    """Reserved and provisioned concurrency, and what each refuses."""
    provisioned = {"Qualifier": "2", **NAME}
    seen = {
        "reserved": functions.put_function_concurrency(ReservedConcurrentExecutions=1, **NAME)["ReservedConcurrentExecutions"],
        "too many reserved": refusal(functions.put_function_concurrency, ReservedConcurrentExecutions=950, **NAME),
        "above reserved": code(functions.put_provisioned_concurrency_config, ProvisionedConcurrentExecutions=2, **provisioned),
        "on $LATEST": code(
            functions.put_provisioned_concurrency_config, ProvisionedConcurrentExecutions=1, Qualifier="$LATEST", **NAME
        ),
        "none": code(functions.get_provisioned_concurrency_config, **provisioned),
    }
    begun = functions.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=1, **provisioned)
    deadline = time.monotonic() + 20
    ready = begun
    while ready["Status"] == "IN_PROGRESS" and time.monotonic() < deadline:
        time.sleep(0.1)
        ready = functions.get_provisioned_concurrency_config(**provisioned)
    seen["provisioned"] = [begun["Status"], ready["Status"], ready["AvailableProvisionedConcurrentExecutions"]]
    seen["twice"] = refusal(functions.put_provisioned_concurrency_config, ProvisionedConcurrentExecutions=1, Qualifier="live", **NAME)
    seen["below provisioned"] = code(functions.put_function_concurrency, ReservedConcurrentExecutions=0, **NAME)
    functions.delete_provisioned_concurrency_config(**provisioned)
    # Nothing reserved is nothing allowed.
    functions.put_function_concurrency(ReservedConcurrentExecutions=0, **NAME)
    seen["throttled"] = refusal(impatient.invoke, "Reason", **NAME)
    functions.delete_function_concurrency(**NAME)
    seen["again"] = call("live")["status"]
    return seen


def delete():
    seen = {"used version": code(functions.delete_function, Qualifier="2", **NAME)}
    functions.delete_alias(Name="live", **NAME)
    functions.delete_function(Qualifier="2", **NAME)
    seen["versions"] = [one["Version"] for one in functions.list_versions_by_function(**NAME)["Versions"]]
    functions.delete_function(**NAME)
    seen["function"] = refusal(functions.get_function, **NAME)
    seen["left"] = functions.list_functions()["Functions"]
    return seen


print(json.dumps({"create": create(), "publish": publish(), "invoke": invoke(), "limit": limit(), "delete": delete()}))
