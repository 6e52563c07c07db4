"""Drives endpoints, their scaling and their alarms on the local cloud as any Python program would: with boto3, nothing adapted.

    python drive_serving.py ENDPOINT_URL BUCKET ROLE_ARN

The bucket holds model.tar.gz, whose code answers JSON with what it got, and anything else with its bytes reversed. Prints what the
clients saw, as one line of JSON.
"""

import json
import sys
import time

from clients import client, code, refusal

URL, BUCKET, ROLE = sys.argv[1:]
WAIT = {"Delay": 1, "MaxAttempts": 30}
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/echo/variant/all",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}

sagemaker, runtime = client("sagemaker", URL), client("sagemaker-runtime", URL)
scaling, cloudwatch = client("application-autoscaling", URL), client("cloudwatch", URL)


def create():
    container = {"Image": "image", "ModelDataUrl": "s3://%s/model.tar.gz" % BUCKET}
    made = sagemaker.create_model(
        ModelName="echo", ExecutionRoleArn=ROLE, PrimaryContainer=container, Tags=[{"Key": "team", "Value": "dogs"}]
    )
    variant = {"VariantName": "all", "ModelName": "echo", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    for name in ("first", "second", "third"):
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="echo", EndpointConfigName="first")
    busy = code(sagemaker.delete_endpoint, EndpointName="echo")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="echo", WaiterConfig=WAIT)
    shown = sagemaker.describe_endpoint(EndpointName="echo")
    return {
        "model": made["ModelArn"],
        "tags": sagemaker.list_tags(ResourceArn=made["ModelArn"])["Tags"],
        "busy": busy,
        "variants": [[one["VariantName"], one["CurrentInstanceCount"]] for one in shown["ProductionVariants"]],
        "listed": [one["EndpointName"] for one in sagemaker.list_endpoints(NameContains="ech")["Endpoints"]],
        "taken": refusal(sagemaker.create_endpoint, EndpointName="echo", EndpointConfigName="first"),
        "no such config": code(sagemaker.create_endpoint, EndpointName="other", EndpointConfigName="none"),
    }


def invoke():
    answer = runtime.invoke_endpoint(EndpointName="echo", ContentType="application/json", Body=b'{"a": 1}')
    seen = {"json": json.loads(answer["Body"].read()), "type": answer["ContentType"], "variant": answer["InvokedProductionVariant"]}
    every_byte = bytes(range(256))
    answer = runtime.invoke_endpoint(
        EndpointName="echo", ContentType="application/octet-stream", Accept="image/png", TargetVariant="all", Body=every_byte
    )
    seen["bytes"] = [answer["ContentType"], answer["Body"].read() == every_byte[::-1]]
    broken = {"EndpointName": "echo", "ContentType": "application/json", "Body": b"no json"}
    seen["model error"] = refusal(runtime.invoke_endpoint, "OriginalStatusCode", "OriginalMessage", **broken)
    seen["missing"] = refusal(runtime.invoke_endpoint, EndpointName="none", Body=b"{}")
    seen["no such variant"] = code(runtime.invoke_endpoint, EndpointName="echo", TargetVariant="none", Body=b"{}")
    return seen


def update():
    """To the second configuration at once; then to the third, which an alarm that rings takes back."""

    def settle(**request):
        sagemaker.update_endpoint(EndpointName="echo", **request)
        busy = refusal(sagemaker.update_endpoint, EndpointName="echo", EndpointConfigName="first")
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="echo", WaiterConfig=WAIT)
        shown = sagemaker.describe_endpoint(EndpointName="echo")
        return {"busy": busy, "runs": shown["EndpointConfigName"], "reason": shown.get("FailureReason")}

    seen = {"at once": settle(EndpointConfigName="second")}
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": "EndpointName", "Value": "echo"}, {"Name": "VariantName", "Value": "all"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    seen["alarm"] = cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]["StateValue"]
    canary = {"Type": "CANARY", "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50}, "WaitIntervalInSeconds": 60}
    seen["rolled back"] = settle(
        EndpointConfigName="third",
        DeploymentConfig={
            "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": canary},
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
        },
    )
    cloudwatch.delete_alarms(AlarmNames=["errors"])
    seen["alarms left"] = len(cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"])
    return seen


def scale():
    scaling.register_scalable_target(MinCapacity=2, MaxCapacity=3, **TARGET)
    tracking = {
        "TargetValue": 600,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        "ScaleInCooldown": 60,
        "ScaleOutCooldown": 30,
    }
    policy = {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": tracking}
    alarms = scaling.put_scaling_policy(PolicyName="calls", **policy, **TARGET)["Alarms"]
    activities = []
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        activities = scaling.describe_scaling_activities(**TARGET)["ScalingActivities"]
        if activities and activities[0]["StatusCode"] == "Successful":
            break
        time.sleep(0.1)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="echo", WaiterConfig=WAIT)
    [target] = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[TARGET["ResourceId"]])["ScalableTargets"]
    [found] = scaling.describe_scaling_policies(**TARGET)["ScalingPolicies"]
    variant = sagemaker.describe_endpoint(EndpointName="echo")["ProductionVariants"][0]
    seen = {
        "target": [target["MinCapacity"], target["MaxCapacity"]],
        "policy": found["TargetTrackingScalingPolicyConfiguration"],
        "alarms": len(alarms),
        "activity": [activities[0]["StatusCode"], activities[0]["Description"], activities[0]["Cause"]],
        "instances": variant["CurrentInstanceCount"],
        "no such policy": code(scaling.delete_scaling_policy, PolicyName="none", **TARGET),
    }
    scaling.delete_scaling_policy(PolicyName="calls", **TARGET)
    scaling.deregister_scalable_target(**TARGET)
    seen["not registered"] = code(scaling.deregister_scalable_target, **TARGET)
    return seen


def delete():
    sagemaker.delete_endpoint(EndpointName="echo")
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="echo", WaiterConfig=WAIT)
    for name in ("first", "second", "third"):
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
    sagemaker.delete_model(ModelName="echo")
    return {
        "endpoint": refusal(sagemaker.describe_endpoint, EndpointName="echo"),
        "config": code(sagemaker.describe_endpoint_config, EndpointConfigName="first"),
        "model": code(sagemaker.describe_model, ModelName="echo"),
        "left": [
            len(sagemaker.list_endpoints()["Endpoints"]),
            len(sagemaker.list_endpoint_configs()["EndpointConfigs"]),
            len(sagemaker.list_models()["Models"]),
        ],
    }


print(json.dumps({"create": create(), "invoke": invoke(), "update": update(), "scale": scale(), "delete": delete()}))
