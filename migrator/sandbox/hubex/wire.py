"""How HubEx answers: bare maps, arrays and objects without empty keys, 204 for nothing, and the ErrorModel of a refusal.

Vendor contract, section 3. There is no envelope; 409 is both "invalid data" and "conflict", and a message never names the parameter.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from migrator.sandbox.server import Reply

Record: TypeAlias = dict[str, Any]


class Refusal(Exception):
    """The call is refused, with the vendor's status and code."""

    def __init__(self, status: int, code: str, message: str = "Неверные данные") -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def reply(self, trace: str, shape: str = "array") -> Reply:
        """The ErrorModel: an array of one, or what else was seen (gotcha 19): "object", "html" or "empty"."""
        error = {"traceIdentifier": trace, "code": self.code, "message": self.message}
        if shape == "html":
            text = f"<html><body><h1>{self.status}</h1></body></html>"
            return Reply(self.status, text.encode(), {"Content-Type": "text/html"})
        if shape == "empty":
            return Reply(self.status)
        return Reply.json(error if shape == "object" else [error], self.status)


def invalid(code: str = "InvalidData") -> Refusal:
    """409: a value of the wrong type, over its limit, or naming nothing [qa, live]."""
    return Refusal(409, code)


def missing() -> Refusal:
    """409: a required field is not there."""
    return Refusal(409, "ParameterNull", "Не задано значение параметра")


def bad_format() -> Refusal:
    """400: the body is of another shape than the method takes."""
    return Refusal(400, "InvalidDataFormat", "Неверный формат данных")


def not_possible(code: str = "InvalidOperation") -> Refusal:
    """409: the data is well-formed, and the state of things forbids it."""
    return Refusal(409, code, "Операция недопустима")


def no_task() -> Refusal:
    """404: no such task, or not visible."""
    return Refusal(404, "TaskNotFound", "Заявка не найдена")


def filled(value: Any) -> Any:
    """The value without keys of empty fields, at any depth [live]: None, "", [] and {} are empty; 0 and false are not."""
    if isinstance(value, dict):
        kept = {key: filled(one) for key, one in value.items()}
        return {key: one for key, one in kept.items() if one is not None and one not in ("", [], {})}
    if isinstance(value, list):
        return [filled(one) for one in value]
    return value


def nothing() -> Reply:
    """204: an empty list, or an object that is not there; not a byte of body (gotcha 12)."""
    return Reply(204)


def found(row: Record) -> Reply:
    """One object."""
    return Reply.json(filled(row))


def created(value: object) -> Reply:
    """201 with what the vendor tells of the new thing."""
    return Reply.json(value, 201, wrote=True)
