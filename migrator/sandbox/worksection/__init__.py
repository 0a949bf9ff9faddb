"""Worksection on loopback, as strict as its documentation and as nasty as it was seen to be.

Built from the vendor contract alone; "section N" in this package means a section of it. Where the contract leaves a question open, the
stricter answer is taken, so that a client that works here makes no lucky guess:

- Pace: a refused request also starts the second anew. Every API call counts, downloads too; the OAuth server does not.
- md5: `hash` must be the last parameter; it covers the URL, so a JSON body beside it is not read. HMAC: the clock may differ by 60 s, and a
  bad header is HTTP 401. The 8 kB of a URL bind POST as well.
- An action that is not for this kind of key is `Action is invalid`; a token without the scope is HTTP 401 `Access denied`.
- Rows: subtasks count towards 10,000; lists other than tasks name themselves in the refusal (`Too many costs (10000 max)`).
- `data` is missing from empty get_comments, get_files, get_events and search_tasks; other empty lists are [].
- 65,536 means UTF-8 bytes, in comments too. Titles are cut at 500 characters. Markup in written text is shown, not obeyed.
- Lists carry no custom_fields; get_task and get_project do with `custom_fields` in extra. Embedded comments have no files.
- get_tasks does not name the project; a child's tags need `tags` in extra; search_tasks is flat.
- search_tasks is complete, though the vendor's was seen to miss closed tasks. Options of custom fields are plain strings.
- filter: letter case does not count; a quote inside a string cannot be written.
- get_costs without a project or task leaves out archived projects, get_costs_total does not; dateadd of a cost is its day.
- Closed tasks take no new comments or costs, archived projects no new tasks either; what is there can still be changed.
- require_*, time_* and timer_only bind the admin key too (code 10). A new project has the tag sets of `default_tag_groups` only.
- update_* refuses what is for creation only (code 10); an assignee must be in the project (11); omitted keeps, empty means NOONE.
- dateclosed needs a closed task and sets the hour to 00:00. A fourth level of tasks is refused (5).
- add_user and add_contact refuse an address that is in use (11); unknown company, group and team titles are refused (10).
- With the admin key and no author named, the owner writes.
- Moments are in the account's time zone. A file's page leads to the login form.

An account is the JSON of `samples/worksection-account.json`: the API's own words, with people, parents and tags by id, texts as HTML and
comments as plain text, file bodies as `text` or `base64`, and what the API never tells: `published`, `hidden`, `tag_groups`.

Texts of a sample link to `https://NAME.worksection.com`; they are shown with the address under which the sandbox is served.
"""

from migrator.sandbox.worksection.service import Limits, Worksection

__all__ = ["Limits", "Worksection"]
