"""The vendors there are, written out. A new one is a folder beside this file and one line here."""

from __future__ import annotations

from migrator.vendor import Vendor
from migrator.vendors.archive import VENDOR as ARCHIVE
from migrator.vendors.hubex import VENDOR as HUBEX
from migrator.vendors.planfix import VENDOR as PLANFIX
from migrator.vendors.worksection import VENDOR as WORKSECTION

VENDORS: dict[str, Vendor] = {vendor.name: vendor for vendor in (WORKSECTION, PLANFIX, HUBEX, ARCHIVE)}
