"""How Worksection says no: an error envelope with HTTP 200, or 401 for a token, or a page that is not JSON.

Codes and messages: the vendor contract, section 3.
"""

from __future__ import annotations

from migrator.sandbox.server import Reply


class Refusal(Exception):
    """An error envelope. `code` 0 stands for every code the vendor never showed."""

    def __init__(
        self, code: int, message: str, details: str = "", *, grammar: str = "", status: int = 200, paced: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.grammar = grammar
        self.status = status
        self.paced = paced

    def reply(self) -> Reply:
        """The envelope as it goes out; `test` shows the grammar a filter should have had (section 3)."""
        body: dict[str, object] = {"status": "error", "status_code": self.code, "message": self.message}
        if self.details:
            body["message_details"] = self.details
        if self.grammar:
            body["test"] = self.grammar
        return Reply.json(body, self.status, refused=self.paced)


def required(field: str, grammar: str = "") -> Refusal:
    """Code 10: the field is missing, or its value is invalid; the vendor says the same of both."""
    return Refusal(10, "Field is required", field, grammar=grammar)


def one_required(*fields: str) -> Refusal:
    """Code 10: none of these was given."""
    return Refusal(10, "At least one of fields required", ", ".join(fields))


def bad_email(value: str) -> Refusal:
    """Code 11: not the address of a user of the account."""
    return Refusal(11, "Invalid email", value)


def bad_project() -> Refusal:
    """Code 4: no such project, or not readable, or not writable."""
    return Refusal(4, "Project is invalid")


def bad_task() -> Refusal:
    """Code 5: no such task, or not readable."""
    return Refusal(5, "Task is invalid")


def bad_tag(tag: str) -> Refusal:
    """Code 16: no such tag, or its set is not in the project."""
    return Refusal(16, "Tag is invalid", tag)


def closed_task() -> Refusal:
    """Code 8: nothing may be added to a closed task."""
    return Refusal(8, "Task is closed")


def bad_token(message: str = "Invalid token") -> Refusal:
    """HTTP 401: the token or the Admin header does not hold."""
    return Refusal(0, message, status=401)


def too_many(rows: str) -> Refusal:
    """More rows than a response may have (section 2): an error with no data, never a short list."""
    return Refusal(0, f"Too many {rows} (10000 max)")


def too_fast() -> Refusal:
    """More than one request in a second (section 2). Shares its first words with `too_many`."""
    return Refusal(0, "Too many requests", paced=True)


def page(status: int, title: str) -> Reply:
    """What the web server before the API answers: HTML."""
    text = (
        f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body><h1>{status} {title}</h1></body>\r\n</html>"
    )
    return Reply(status, text.encode(), {"Content-Type": "text/html"})
