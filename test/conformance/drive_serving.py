"""Drives the serving half of the local cloud as any Python program would: botocore's own clients, nothing adapted.

    python drive_serving.py ENDPOINT_URL BUCKET ROLE_ARN

The bucket holds model.tar.gz. Prints what the clients saw, as one line of JSON.
"""

import json
import sys
import time

import botocore.session
from botocore.exceptions import ClientError

URL, BUCKET, ROLE = sys.argv[1:]


def client(name):
    return botocore.session.get_session().create_client(
        name, region_name="us-east-1", endpoint_url=URL, aws_access_key_id="any", aws_secret_access_key="any"
    )


def refusal(call, **request):
    try:
        call(**request)
    except ClientError as error:
        known = {"OriginalStatusCode", "OriginalMessage"} & set(error.response)
        return [error.response["Error"]["Code"], error.response["Error"]["Message"], {name: error.response[name] for name in known}]
    return None


def main():
    sagemaker, runtime = client("sagemaker"), client("sagemaker-runtime")
    scaling, cloudwatch = client("application-autoscaling"), client("cloudwatch")
    container = {"Image": "image", "ModelDataUrl": "s3://%s/model.tar.gz" % BUCKET}
    sagemaker.create_model(ModelName="echo", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {"VariantName": "all", "ModelName": "echo", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName="echo", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="echo", EndpointConfigName="echo")
    wait = {"Delay": 1, "MaxAttempts": 30}
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="echo", WaiterConfig=wait)

    answer = runtime.invoke_endpoint(EndpointName="echo", ContentType="application/json", Body=b'{"a": 1}')
    seen = {"answer": json.loads(answer["Body"].read()), "type": answer["ContentType"], "variant": answer["InvokedProductionVariant"]}
    seen["model error"] = refusal(runtime.invoke_endpoint, EndpointName="echo", ContentType="application/json", Body=b"no json")
    seen["missing"] = refusal(runtime.invoke_endpoint, EndpointName="none", Body=b"{}")
    seen["taken"] = refusal(sagemaker.create_endpoint, EndpointName="echo", EndpointConfigName="echo")

    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/echo/variant/all",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling.register_scalable_target(MinCapacity=2, MaxCapacity=2, **target)
    for _ in range(100):
        found = scaling.describe_scaling_activities(**target)["ScalingActivities"]
        if found and found[0]["StatusCode"] == "Successful":
            break
        time.sleep(0.1)
    seen["activity"] = [found[0]["Description"], found[0]["Cause"]]
    scaling.deregister_scalable_target(**target)
    seen["not registered"] = refusal(scaling.deregister_scalable_target, **target)[0]

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
    cloudwatch.delete_alarms(AlarmNames=["errors"])

    sagemaker.delete_endpoint(EndpointName="echo")
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="echo", WaiterConfig=wait)
    sagemaker.delete_endpoint_config(EndpointConfigName="echo")
    sagemaker.delete_model(ModelName="echo")
    print(json.dumps(seen))


main()
