"""What the exit code of `d2w` says."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """The exit codes, for scripts."""

    DONE = 0
    """It was done."""
    FAILED = 1
    """It failed, for a reason that no other code says."""
    USAGE = 2
    """The command was used wrongly; nothing was sent."""
    NOT_FOUND = 3
    """There is no such object, path or profile."""
    REFUSED = 4
    """The server refused, or the object has changed since."""
    NOT_AUTHENTICATED = 5
    """The credentials are missing, or not taken."""
    UNREACHABLE = 6
    """The server does not answer."""
    PARTLY_DONE = 7
    """Something was written before the server refused, or some rows of a push were refused."""
    CHANGES_FOUND = 8
    """A comparison found differences."""
    NOT_CONFIRMED = 9
    """A write was not confirmed; nothing was sent."""
    FINDINGS = 10
    """An examination found something wrong."""
    INTERRUPTED = 130
    """Ctrl-C."""


CODE_OF_ERROR = {
    "PartlyDoneError": ExitCode.PARTLY_DONE,
    "NotConfirmedError": ExitCode.NOT_CONFIRMED,
    "RunInterruptedError": ExitCode.INTERRUPTED,
    "NotFoundError": ExitCode.NOT_FOUND,
    "UnknownProfileError": ExitCode.NOT_FOUND,
    "AuthenticationError": ExitCode.NOT_AUTHENTICATED,
    "CredentialsError": ExitCode.NOT_AUTHENTICATED,
    "NoProfileError": ExitCode.NOT_AUTHENTICATED,
    "UntrustedProfileError": ExitCode.NOT_AUTHENTICATED,
    "SecretUnavailableError": ExitCode.NOT_AUTHENTICATED,
    "LoginRequiredError": ExitCode.NOT_AUTHENTICATED,
    "LoginFailedError": ExitCode.NOT_AUTHENTICATED,
    "ClientRefusedError": ExitCode.NOT_AUTHENTICATED,
    "NoAuthorizationServerError": ExitCode.NOT_AUTHENTICATED,
    "ClientExistsError": ExitCode.REFUSED,
    "NoAnswerError": ExitCode.UNREACHABLE,
    "GatewayError": ExitCode.UNREACHABLE,
    "StaleObjectError": ExitCode.REFUSED,
    "StalePlanError": ExitCode.REFUSED,
    "ApprovalRefusedError": ExitCode.REFUSED,
    "ApiError": ExitCode.REFUSED,
    "OperationError": ExitCode.USAGE,
    "InvalidRequestError": ExitCode.USAGE,
    "InvalidPeriodError": ExitCode.USAGE,
    "UnknownCollectionError": ExitCode.USAGE,
    "UnknownPropertyError": ExitCode.USAGE,
    "InvalidProfileNameError": ExitCode.USAGE,
    "InvalidBaseUrlError": ExitCode.USAGE,
    "ProfileExistsError": ExitCode.USAGE,
    "ProfileSettingsError": ExitCode.USAGE,
}
"""The code for each class of error; of a class that is not here, that of the nearest class above."""


def exit_code_of(error: BaseException) -> ExitCode:
    """The exit code for an error, by its class; classes are compared by name, so that none has to be imported."""
    found = (CODE_OF_ERROR.get(kind.__name__) for kind in type(error).__mro__)
    return next((code for code in found if code is not None), ExitCode.FAILED)
