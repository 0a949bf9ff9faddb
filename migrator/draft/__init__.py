"""Draft: what `migrator map` writes: a mapping filled in from the words of both accounts, beside what the user wrote."""

from migrator.draft.fill import Draft, Said, draft

__all__ = ["Draft", "Said", "draft"]
