"""The route that tells what an account has used."""

import asyncio
from collections.abc import Callable

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from hanabi.accounts.account import Account
from hanabi.accounts.usage_since import parse_since
from hanabi.accounts.usage_sums import Amount, daily_sums, key_names, usage_sums
from hanabi.api.auth import account_of
from hanabi.api.json_response import json_response
from hanabi.api.query import read_query
from hanabi.errors import PermissionDeniedError
from hanabi.protocol.usage import UsageGroup, UsagePoint, UsageQuery, UsageReply


class AccountUsage:
    """Below `accounts/{account}/usage`; the database is asked off the event loop."""

    def __init__(self, database: Engine, now: Callable[[], float]) -> None:
        """Take where usage is, and the time in seconds since 1970."""
        self._database = database
        self._now = now

    async def get(self, request: Request) -> Response:
        """GET usage: sums, and the same requests by day and model."""
        account = request.path_params["account"]
        _check_may_read(account_of(request.scope), account)
        query = read_query(request.scope, UsageQuery)
        since = parse_since(query.since, self._now())
        return json_response(await asyncio.to_thread(self._reply, query, since, account))

    def _reply(self, query: UsageQuery, since: int, account: str) -> UsageReply:
        names = key_names(self._database) if query.by == "key" else {}
        sums = usage_sums(self._database, query.by, since=since, account=account)
        series = daily_sums(self._database, since=since, account=account)
        return UsageReply(
            sums=[
                UsageGroup(
                    group=each.group,
                    display_name=names.get(each.group, each.group),
                    **_fields(each.amount),
                )
                for each in sums
            ],
            series=[
                UsagePoint(day=each.day, model=each.model, **_fields(each.amount))
                for each in series
            ],
        )


def _fields(amount: Amount) -> dict[str, int]:
    """The fields of UsageAmount."""
    return {
        "requests": amount.requests,
        "prompt_tokens": amount.prompt_tokens,
        "cached_prompt_tokens": amount.cached_tokens,
        "completion_tokens": amount.completion_tokens,
        "total_tokens": amount.tokens,
    }


def _check_may_read(caller: Account, account: str) -> None:
    """Raise PermissionDeniedError unless a key may see the usage of an account."""
    if not (caller.admin or caller.account == account):
        raise PermissionDeniedError(
            f"This API key is of the account {caller.account!r} and sees the usage of no other:"
            f" {account!r}"
        )
    if caller.models is not None:  # usage names every model of the account
        raise PermissionDeniedError("This API key is for the use of some models, and sees no usage")
