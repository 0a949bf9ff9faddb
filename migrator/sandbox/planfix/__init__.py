"""Planfix's REST API on loopback, strict and stateful: `Planfix(account)` and the vendor's `Limits`.

Built from the vendor contract alone. Where it leaves a question open, the stricter reading is taken:

- Task `dateTime` is stored. `isDeleted` changes nothing (`soft_delete` turns it on). Template and process of a task stay as created.
- A comment's owner must be an active employee; the owner of another kind is refused with 400.
- Creates are never silent, whatever the query says; a comment that names no recipients tells everyone on the task.
- `/comment/list` needs a date filter, leaves out contacts' comments, and can be missing (`comment_list`).
- `GET /customfield/task/{id}` filters nothing. Checklist items are not rows of `/task/list`.
- A pageSize over 100 is refused (`refuse_over_page` off: clamped). List reads without `fields` give the id alone.
- Every key of a TimePoint is UTC; a date without an hour is midnight in the zone of the token's employee.
- Users cannot be created. Project and contact creates work.
- The day's quota ends at midnight UTC. A link to a file's bytes refuses the Authorization header and expires.
"""

from migrator.sandbox.planfix.limits import Limits
from migrator.sandbox.planfix.planfix import Planfix

__all__ = ["Limits", "Planfix"]
