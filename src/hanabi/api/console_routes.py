"""The routes of the web console."""

from hanabi.api.console import ConsoleFiles
from hanabi.api.console_sign_in import ConsoleSignIn
from hanabi.api.dependencies import Dependencies
from hanabi.api.route import ApiRoute
from hanabi.protocol.sign_in import SignInReply, SignInRequest


def console_routes(dependencies: Dependencies) -> tuple[ApiRoute, ...]:
    """Every route of the console. All are open: it asks for the key, and its files hold none."""
    files = ConsoleFiles(dependencies.assets)
    sign_in = ConsoleSignIn(dependencies.login)
    return (
        ApiRoute(
            method="GET",
            paths=("/",),
            endpoint=files.document,
            summary="The web console.",
            open=True,
            documented=False,
        ),
        ApiRoute(
            method="POST",
            paths=("/console/sign-in",),
            endpoint=sign_in.exchange,
            summary="Exchange the token of a one-time link for the local API key.",
            open=True,
            body=SignInRequest,
            reply=SignInReply,
            documented=False,
        ),
        ApiRoute(
            method="GET",
            paths=("/console/{path:path}",),
            endpoint=files.file,
            summary="A file of the web console.",
            open=True,
            documented=False,
        ),
    )
