"""What the drivers share: boto3's clients of a local cloud, and refusals as boto3 reads them."""

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def client(name, url, **config):
    return boto3.client(
        name,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(**config),
    )


def refusal(call, *members, **request):
    """Code and message of what a call was refused with, and these members of the error; None when it was not refused."""
    try:
        call(**request)
    except ClientError as error:
        told = error.response["Error"]
        return [told["Code"], told["Message"], *(error.response.get(name) for name in members)]
    return None


def code(call, **request):
    return (refusal(call, **request) or [None])[0]
