"""migrator: moves a company's work between Worksection, Planfix and HubEx, never twice and never silently less.

The map, from the ground up. A module imports only what stands to its left (a test holds this):

    errors <- model <- secrets <- vendor <- {config, mapping, draft, run, ledger} <- pipeline <- cli
    errors <- checkpoint <- {reads, passes, removals} <- ledger
    clock <- {ledger, run}
    {errors, model, vendor} <- text
    {errors, vendor} <- {limits, intake, session} <- http
    {errors, model, secrets, vendor, text, http, limits, session} <- vendors/* <- cli
    sandbox stands alone: it is built from the vendors' contracts and imports nothing of the above but errors

Pipeline and vendors never meet: both know `vendor.Source` and `vendor.Target`, and cli hands one to the other.
Start reading at `vendor.py` (what an adapter offers), then `pipeline/` in the order extract, transform, load, verify.
"""
