"""The aws target: an API Gateway REST API with a Lambda authorizer that decides, as CloudFormation."""

from __future__ import annotations

from seccfg_aws.target import TARGET

__all__ = ["TARGET"]
