"""Decode what hangs on projects and tasks: messages, files, lines of checklists, completed works with all they cost. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from migrator.model import CheckItem, Comment, Cost, File, Issue, Kind, Reach, Ref, Who
from migrator.vendor import Decoded, Record, Seen
from migrator.vendors.hubex import texts, values
from migrator.vendors.hubex.keys import unaccounted
from migrator.vendors.hubex.known import CostKnown
from migrator.vendors.hubex.place import Place


def comment(record: Record, place: Place, probed: Mapping[str, Record]) -> Decoded:
    """A message of a task's conversations; what the customer does not see is hidden. `probed`: files by id, with their sizes."""
    # Whether messages are numbered in the account or in each task is not documented; deleting one takes both ids.
    on = Ref(Kind.TASK, str(record["taskID"]))
    ref = Ref(Kind.COMMENT, f"{on.id}/{record['id']}")
    entity = Comment(
        ref=ref,
        on=on,
        text=texts.plain(record.get("message") or "", place.site),
        created=values.moment(record.get("created")),
        author=values.who(record.get("author")),
        hidden=not record.get("isExternal"),
    )
    files = [_file({**_sized(one, probed), **one}, ref) for one in record.get("attachment") or ()]
    return _joined(entity, unaccounted("comments", record, ref), files)


def task_file(record: Record, placed: set[str]) -> Decoded:
    """A file of a task; `placed`: those of messages and works, which need no second place."""
    if str(record["id"]) in placed:
        return Decoded(())
    return _file(record, Ref(Kind.TASK, str(record["taskID"])))


def project_file(record: Record) -> Decoded:
    """A file of an asset or a company."""
    return _file(record, Ref(Kind.PROJECT, str(record["projectID"])))


def checklist(record: Record) -> Decoded:
    """The checklists of one task, `checkLists` with the `results` of each: their lines are counted through."""
    on = Ref(Kind.TASK, str(record["id"]))
    items: list[CheckItem] = []
    issues = [*unaccounted("task_checklists", record, on)]
    for one in record["checkLists"]:
        name = values.name_of(one.get("checkList"))
        issues += unaccounted("checklists", one, on)
        results = sorted(one["results"], key=lambda row: row.get("sortOrder") or 0)
        for row in results:
            issues += unaccounted("results", row, on)
            ref = Ref(Kind.CHECKITEM, f"{on.id}/{len(items) + 1}")
            items.append(CheckItem(ref=ref, on=on, title=_line(name, row), done=bool(row.get("isChecked"))))
        done = sum(1 for row in results if row.get("isChecked"))
        if (stated := one.get("completedItemsCount")) is not None and stated != done:
            detail = f"{name}: the source states {stated} lines done, and shows {done}"
            issues.append(Issue(ref=on, code="total-differs", field="done", detail=detail))
    return Decoded(tuple(items), tuple(issues))


def _line(checklist: str, row: Record) -> str:
    """A line as people read it: the checklist's name, what is to be done, and the values that were noted."""
    noted = row.get("value")
    written = ", ".join(str(one) for one in (noted if isinstance(noted, list) else [noted]) if one is not None)
    words = row["name"] + (f" ({row['description']})" if row.get("description") else "")
    return ": ".join(part for part in (checklist, words, written) if part)


def work(record: Record, place: Place, known: CostKnown) -> Decoded:
    """A completed work: a cost with its time and price, one with the same time for each further technician, one for each material."""
    on = Ref(Kind.TASK, str(record["taskID"]))
    ref = Ref(Kind.COST, f"{on.id}/{record['id']}")
    costs = [*_time_costs(record, ref, on, place, known), *_material_costs(record, ref, on, place, known)]
    files = [_file({**one, "id": one["attachmentID"]}, on) for one in record.get("attachments") or ()]
    issues = [*unaccounted("works", record, ref), *_time_issues(record, ref)]
    for table in ("technicians", "materials"):
        issues += [issue for row in record.get(table) or () for issue in unaccounted(table, row, ref)]
    entities = (*costs, *(entity for one in files for entity in one.entities))
    return Decoded(entities, (*issues, *(issue for one in files for issue in one.issues)))


def _time_costs(record: Record, ref: Ref, on: Ref, place: Place, known: CostKnown) -> Iterator[Cost]:
    """The work's price goes with the first technician; the others worked as long."""
    kind = record.get("workType") or {}
    technicians = record.get("technicians") or [None]
    for place_in_row, technician in enumerate(technicians):
        first = place_in_row == 0
        yield Cost(
            ref=ref if first else Ref(Kind.COST, f"{ref.id}/{technician['userID']}"),
            on=on,
            day=_day(record, ("started", "finished", "created"), place),
            person=_technician(technician, known),
            minutes=_minutes(record),
            money=values.amount(kind.get("cost") or 0) if first else Decimal(0),
            text=_work_text(record, on, technician, known, first=first),
        )


def _work_text(record: Record, on: Ref, technician: Record | None, known: CostKnown, *, first: bool) -> str:
    """What was done. Rates are said here: the vendor adds rate by started hours to the bill (its contract, section 4.5)."""
    kind, quantity = record.get("workType") or {}, record.get("quantity")
    parts = [values.name_of(kind), record.get("notes") or ""]
    if quantity not in (None, 1):
        parts.append(f"{quantity} {_unit(record)}".strip())
    served = record.get("maintainedAsset") or {}
    if served and str(served["id"]) != known.assets.get(on.id):
        parts.append(values.name_of(served))
    if first and kind.get("cost"):
        parts.append(_price(kind["cost"], kind.get("costCurrencyID"), known))
    if technician and technician.get("rate"):
        parts.append(f"{_price(technician['rate'], technician.get('rateCurrencyID'), known)}/h")
    return ". ".join(part for part in parts if part)


def _material_costs(record: Record, ref: Ref, on: Ref, place: Place, known: CostKnown) -> Iterator[Cost]:
    for number, row in enumerate(record.get("materials") or (), 1):
        quantity, price = values.amount(row.get("quantity") or 0), values.amount(row.get("cost") or 0)
        used = f"{values.plain(quantity)} {_unit(row)}".strip()
        parts = [
            " ".join(part for part in (row.get("materialName"), row.get("materialErpID")) if part),
            f"{used} x {_price(price, row.get('costCurrencyID'), known)}" if price else used,
            values.name_of(row.get("warehouse")),
        ]
        yield Cost(
            ref=Ref(Kind.COST, f"{ref.id}/m{number}"),
            on=on,
            day=_day({**record, **row}, ("consumed", "started", "finished", "created"), place),
            person=values.who(row.get("takenByUser")),
            money=quantity * price,
            text=". ".join(part for part in parts if part),
        )


def _minutes(record: Record) -> int:
    """No field of the vendor holds the time: it is what lies between start and finish (the vendor contract, section 4.5)."""
    started, finished = values.moment(record.get("started")), values.moment(record.get("finished"))
    if started is None or finished is None or finished < started:
        return 0
    return round((finished - started).total_seconds() / 60)


def _time_issues(record: Record, ref: Ref) -> tuple[Issue, ...]:
    started, finished = values.moment(record.get("started")), values.moment(record.get("finished"))
    if started and finished and finished >= started:
        return ()
    detail = f"from {record.get('started') or '?'} to {record.get('finished') or '?'}: moved without its time"
    return (Issue(ref=ref, code="unreadable", field="minutes", detail=detail, reach=Reach.NOTE),)


def _technician(row: Record | None, known: CostKnown) -> Who | None:
    return values.who({**row, "email": known.emails.get(str(row["userID"]), "")}) if row else None


def _day(record: Record, keys: Iterable[str], place: Place) -> date:
    for key in keys:
        if on := values.day(record.get(key), place.zone):
            return on
    raise ValueError("a completed work without a date")


def _unit(row: Record) -> str:
    unit = row.get("measurementUnit") or {}
    return str(unit.get("abbreviation") or unit.get("name") or "")


def _price(amount: object, currency: object, known: CostKnown) -> str:
    return f"{values.plain(values.amount(amount))} {known.currencies.get(str(currency), '')}".strip()


def _file(record: Record, on: Ref) -> Decoded:
    entity = File(
        ref=Ref(Kind.FILE, str(record["id"])),
        on=on,
        name=record.get("fileName") or f"file {record['id']}",
        size=int(record["size"]) if record.get("size") is not None else None,
        created=values.moment(record.get("created")),
    )
    return Decoded((entity,), unaccounted("files", record, entity.ref))


def _sized(file: Record, probed: Mapping[str, Record]) -> Record:
    """A message names its files; their sizes and dates stand in the list of all files."""
    found = probed.get(str(file["id"]), {})
    return {key: found[key] for key in ("size", "created", "description") if key in found}


def _joined(entity: Comment, issues: tuple[Issue, ...], files: Iterable[Decoded]) -> Decoded:
    found = tuple(files)
    entities = (entity, *(one for each in found for one in each.entities))
    return Decoded(entities, issues + tuple(one for each in found for one in each.issues))


def placed_files(seen: Seen) -> set[str]:
    """The ids of the files that hang on messages and works."""
    messages = {str(one["id"]) for row in seen("comments") for one in row.get("attachment") or ()}
    return messages | {str(one["attachmentID"]) for row in seen("works") for one in row.get("attachments") or ()}


def probed_files(seen: Seen) -> dict[str, Record]:
    """The files that the probes have shown, by id."""
    return {str(row["id"]): row for row in seen("file_probe")}
