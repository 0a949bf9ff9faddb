"""What each code of an issue means, and what to do about it, for the people who read a report."""

from __future__ import annotations

from typing import NamedTuple

_AS_IT_IS = "Nothing to do: it is only told."
_AGAIN = "Mend it, then give the run command again: it tries only what did not arrive."
_MAP = "Name it in the mapping (migrator map FILE adds what is missing) before the run; afterwards set it by hand."
_BY_HAND = "Carry over by hand what you need, from the source or from the details here."


class Advice(NamedTuple):
    """Both as whole sentences."""

    meaning: str
    fix: str


UNKNOWN = Advice("See the details of each.", _BY_HAND)
CODES = {
    "assignees-follow": Advice("The task had several people in charge; all but the first follow it now.", _AS_IT_IS),
    "author-in-text": Advice("The author cannot be set there, and stands in the text.", _AS_IT_IS),
    "checklist-full": Advice("The target takes no more checklist lines on one task.", _BY_HAND),
    "conflict": Advice(
        "It was edited in the source, and people changed it in the target too; theirs was kept.",
        "Look at both. migrator run FILE --delta with --ours writes the source's over it.",
    ),
    "cost-empty": Advice("The cost holds neither time nor money.", _AS_IT_IS),
    "cost-place-missing": Advice(
        "The mapping names no place for time or money.", f"Name a data tag in [costs.time] / [costs.money]. {_AGAIN}"
    ),
    "day-unknown": Advice("The source does not tell the day of a cost; it has the day its task was made.", _BY_HAND),
    "deleted": Advice("It is deleted in the source, and was not moved.", _AS_IT_IS),
    "field-dropped": Advice("The target's template does not have this field.", f"Add it to the template. {_BY_HAND}"),
    "field-lost": Advice("The target has no place for this, not even in a text.", _BY_HAND),
    "field-refused": Advice("The target did not take this one field; the rest arrived.", _BY_HAND),
    "file-empty": Advice("The target takes no files of 0 bytes.", _AS_IT_IS),
    "file-replaced": Advice(
        "The file was replaced at the source since its bytes were fetched.", "Put the new one there."
    ),
    "file-size": Advice("The source announced another size than it sent, twice.", "Open the file and look."),
    "file-too-large": Advice("The file is larger than the target takes.", "Put it elsewhere and link to it."),
    "file-unreadable": Advice("The source did not give the file's bytes.", f"Open it in the source. {_AGAIN}"),
    "flattened": Advice("It stood deeper than the target allows, and hangs on the level above.", _AS_IT_IS),
    "gone-from-source": Advice(
        "It was deleted in the source since; its copy stays.", "Delete the copy by hand, if you want."
    ),
    "hidden-from-guests": Advice("It was hidden from some; in the target it is hidden from guests.", _AS_IT_IS),
    "in-doubt": Advice(
        "No answer came whether it was made, and the vendor gives no way to look it up.",
        "Look for it in the target by its title; make it by hand if it is not there.",
    ),
    "kept-theirs": Advice("People changed it in the target, and that was kept.", _AS_IT_IS),
    "left-out": Advice("An option of yours leaves this out.", "Set the option to true before the run if you want it."),
    "link-kept": Advice("A link in a text still leads to the source, because its goal is not in the target.", _BY_HAND),
    "not-a-user": Advice("The person is a contact in the target, and cannot be set here.", _MAP),
    "not-in-target": Advice("The target does not know this name.", _MAP),
    "not-there": Advice("The target has no such thing, or it is not created by the run.", _AS_IT_IS),
    "not-updated": Advice("It was edited in the source, and the target cannot change this part.", _BY_HAND),
    "option-unknown": Advice(
        "The field is a list, and this is none of its values.", "Add the value to the list there."
    ),
    "owner-missing": Advice("What it hangs on did not arrive.", f"Mend that first. {_AGAIN}"),
    "owner-unsupported": Advice("The target keeps nothing of this kind on such a thing.", _BY_HAND),
    "parent-unseen": Advice("What stands above it is deleted or not seen; it stands alone now.", _AS_IT_IS),
    "person-not-employee": Advice("The person is no employee there, and stands in the text.", _AS_IT_IS),
    "person-not-user": Advice("The person is a contact there, and no user, and cannot be set.", _MAP),
    "person-stood-in": Advice("Somebody else stands for the person, who is not in the target.", _MAP),
    "person-unmatched": Advice("The person is not in the target, and stands in the text by name.", _MAP),
    "file-renamed": Advice("Its name could be taken for a path; the last part of it was kept.", _AS_IT_IS),
    "internal": Advice(
        "The comment is shown to the team alone.",
        "To show such comments to the customer too, set external_comments = true before the run.",
    ),
    "status-coarse": Advice(
        "The mapping has no line of its own for this status, so it went with all the rest.",
        "Give it a line in [status] of the mapping, if that is not what you want.",
    ),
    "priority-coarse": Advice("The target has fewer priorities; the nearest was taken.", _AS_IT_IS),
    "priority-unmapped": Advice("The mapping does not say what this priority becomes.", _MAP),
    "project-unseen": Advice("Its project is deleted or not seen by the token.", "Give the token the right to see it."),
    "refused": Advice("The target refused it; the reason is its own.", _AGAIN),
    "refused-by-source": Advice("The source refused to read this.", f"Give the token the right. {_AGAIN}"),
    "stand-in": Advice("The target demands somebody in charge; the user of the option stand_in is.", _AS_IT_IS),
    "status-unmapped": Advice("The mapping does not say what this status becomes.", _MAP),
    "subtask-raised": Advice("It was a subtask deeper than the target allows, and was raised.", _AS_IT_IS),
    "tag-not-taken": Advice("The target did not take the tag.", _BY_HAND),
    "tag-shortened": Advice("The tag was longer than the target takes.", _AS_IT_IS),
    "task-unseen": Advice("Its task is deleted, or not seen by the token; it was not moved.", _AS_IT_IS),
    "template": Advice("It is a template rather than work.", _AS_IT_IS),
    "text-continued": Advice("The text was too long for one, and goes on in comments.", _AS_IT_IS),
    "text-plain": Advice("The target takes no formatting here, or refused it; the words arrived.", _AS_IT_IS),
    "text-shortened": Advice("The text was longer than the target takes; the whole is in the details.", _BY_HAND),
    "title-changed": Advice("The target keeps the title otherwise than it was sent.", _AS_IT_IS),
    "title-shortened": Advice("The title was too long; it stands whole in the text.", _AS_IT_IS),
    "total-differs": Advice(
        "The source states another total than its own rows add up to.",
        "Compare in the source; rows may be hidden from the token.",
    ),
    "unknown-field": Advice("The source sent something that no page of its vendor describes.", _BY_HAND),
    "unreadable": Advice("The source's record cannot be read in this part.", _BY_HAND),
    "unsupported": Advice("The API of one side has no way for this.", _BY_HAND),
    "update-refused": Advice("The target refused to change its copy.", _BY_HAND),
    "update-queued": Advice("The target took the change and will carry it out later.", "Run migrator verify FILE."),
    "value-unfit": Advice("The value does not fit the type of the target's field.", _BY_HAND),
}


def advice(code: str) -> Advice:
    """What to say of a code."""
    return CODES.get(code, UNKNOWN)
