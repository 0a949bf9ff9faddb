"""HTML and plain text: from one to the other, cleaning, the addresses in it, cutting at a limit. Pure."""

from migrator.text.addresses import addresses, clean, rewrite
from migrator.text.names import file_name
from migrator.text.plain import from_plain, is_set, same, shorten, to_plain
from migrator.text.splitting import split

__all__ = ["addresses", "clean", "file_name", "from_plain", "is_set", "rewrite", "same", "shorten", "split", "to_plain"]
