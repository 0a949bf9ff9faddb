"""HTML and plain text: from one to the other, cleaning, the addresses in it, cutting at a limit. Pure."""

from migrator.text.addresses import addresses, clean, rewrite
from migrator.text.plain import from_plain, same, shorten, to_plain
from migrator.text.splitting import split

__all__ = ["addresses", "clean", "from_plain", "rewrite", "same", "shorten", "split", "to_plain"]
