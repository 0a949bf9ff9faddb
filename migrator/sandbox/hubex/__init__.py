"""HubEx's API on loopback, strict and stateful: `HubEx(account)` and the vendor's `Limits`.

Built from the vendor contract alone; "section N" and "gotcha N" in this package mean that contract. Where it leaves a question open, the
stricter reading is taken:

- Query names are case-sensitive, JSON names and paths are not. `erpID` filters by like. `isDeleted` does not filter assets.
- A page has at most 1000 rows; one beyond the total is 204; map keys stand in numeric order, whatever the order of the page.
- A change answered with 202 shows one call later (`lag_calls`), a stage batch three calls later. A new row (201) shows at once.
- A refresh token dies when it is exchanged. Application ids 1..6 are taken; a method that a path has not is 404 without a body.
- Missing required fields are ParameterNull, all else wrong with a value is InvalidData; a body of another shape is 400.
- Attribute values are JSON texts only; a list of several has its keys joined by ";".
- Stamps are remembered for an hour. A suppressed conflict is 200 without a body. The 409 of tasks tells no id.
- An asset takes tasks when it is published and has work types; `isAutoPublish` without a location is refused.
- A closed task takes no fields, works, assignees or moves (TaskClosed); comments, files, tags and attributes it does take.
- Ids of comments count within their task. The author of a comment is the caller; `author.id` is the userID.
- One assignment call replaces the assignees. A stage demands what its `requirements` say, of the task that comes to it.
- Descriptions are refused with 422 for any markup that is not plain text, lists, tables, links and images, closed in order.
- The same file (name and bytes) on one object is refused unless told to ignore it. Storage refuses an Authorization header.
- EXPORT, IMPORT and MSG are not here.
"""

from migrator.sandbox.hubex.hubex import HubEx
from migrator.sandbox.hubex.limits import Limits

__all__ = ["HubEx", "Limits"]
