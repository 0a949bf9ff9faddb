"""Every action of the API, those that read and those that write: its scope, and the function that answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from migrator.sandbox.server import Reply
from migrator.sandbox.worksection import comments, costs, files, log, people, projects, tags, task_writes, tasks
from migrator.sandbox.worksection.ask import Answer, Ask
from migrator.sandbox.worksection.state import Account


@dataclass(frozen=True)
class Action:
    """One action. `only` limits it to the admin key or to OAuth tokens (section 1)."""

    run: Callable[[Account, Ask], Answer | Reply]
    scope: str
    only: Literal["admin", "oauth"] | None = None


READS: dict[str, Action] = {
    "get_users": Action(people.get_users, "users_read"),
    "get_user_groups": Action(people.get_user_groups, "users_read"),
    "get_users_schedule": Action(people.get_users_schedule, "users_read"),
    "get_contacts": Action(people.get_contacts, "contacts_read"),
    "get_contact_groups": Action(people.get_contact_groups, "contacts_read"),
    "me": Action(people.me, "", "oauth"),
    "get_projects": Action(projects.get_projects, "projects_read"),
    "get_project": Action(projects.get_project, "projects_read"),
    "get_project_groups": Action(projects.get_project_groups, "projects_read"),
    "get_project_custom_fields": Action(projects.get_custom_fields("project_custom_fields"), "projects_read"),
    "get_all_tasks": Action(tasks.get_all_tasks, "tasks_read"),
    "get_tasks": Action(tasks.get_tasks, "tasks_read"),
    "get_task": Action(tasks.get_task, "tasks_read"),
    "search_tasks": Action(tasks.search_tasks, "tasks_read"),
    "get_task_custom_fields": Action(projects.get_custom_fields("task_custom_fields"), "tasks_read"),
    "get_comments": Action(comments.get_comments, "comments_read"),
    "get_task_tags": Action(tags.list_tags(tags.TASK), "tags_read"),
    "get_task_tag_groups": Action(tags.list_groups(tags.TASK), "tags_read"),
    "get_project_tags": Action(tags.list_tags(tags.PROJECT), "tags_read"),
    "get_project_tag_groups": Action(tags.list_groups(tags.PROJECT), "tags_read"),
    "get_costs": Action(costs.get_costs, "costs_read"),
    "get_costs_total": Action(costs.get_costs_total, "costs_read"),
    "get_files": Action(files.get_files, "files_read"),
    "download": Action(files.download, "files_read"),
    "get_events": Action(log.get_events, "tasks_read"),
    "get_timers": Action(log.get_timers, "costs_read", "admin"),
    "get_my_timer": Action(log.get_my_timer, "costs_read", "oauth"),
    "get_webhooks": Action(log.get_webhooks, "administrative"),
}

WRITES: dict[str, Action] = {
    "add_user": Action(people.add_user, "users_write"),
    "add_user_group": Action(people.add_user_group, "users_write"),
    "update_users_schedule": Action(people.update_users_schedule, "users_write"),
    "add_contact": Action(people.add_contact, "contacts_write"),
    "add_contact_group": Action(people.add_contact_group, "contacts_write"),
    "post_project": Action(projects.post_project, "projects_write"),
    "update_project": Action(projects.update_project, "projects_write"),
    "close_project": Action(projects.close_project, "projects_write"),
    "activate_project": Action(projects.activate_project, "projects_write"),
    "add_project_members": Action(projects.add_project_members, "projects_write"),
    "delete_project_members": Action(projects.delete_project_members, "projects_write"),
    "add_project_group": Action(projects.add_project_group, "projects_write"),
    "post_task": Action(task_writes.post_task, "tasks_write"),
    "update_task": Action(task_writes.update_task, "tasks_write"),
    "complete_task": Action(task_writes.complete_task, "tasks_write"),
    "reopen_task": Action(task_writes.reopen_task, "tasks_write"),
    "subscribe": Action(task_writes.subscribe, "tasks_write"),
    "unsubscribe": Action(task_writes.unsubscribe, "tasks_write"),
    "post_comment": Action(comments.post_comment, "comments_write"),
    "add_task_tags": Action(tags.add_tags(tags.TASK), "tags_write"),
    "add_task_tag_groups": Action(tags.add_groups(tags.TASK), "tags_write"),
    "update_task_tags": Action(tags.update_tags(tags.TASK), "tags_write"),
    "add_project_tags": Action(tags.add_tags(tags.PROJECT), "tags_write"),
    "add_project_tag_groups": Action(tags.add_groups(tags.PROJECT), "tags_write"),
    "update_project_tags": Action(tags.update_tags(tags.PROJECT), "tags_write"),
    "add_costs": Action(costs.add_costs, "costs_write"),
    "update_costs": Action(costs.update_costs, "costs_write"),
    "delete_costs": Action(costs.delete_costs, "costs_write"),
    "upload_files": Action(files.upload_files, "files_write"),
    "stop_timer": Action(log.stop_timer, "costs_write", "admin"),
    "start_my_timer": Action(log.start_my_timer, "costs_write", "oauth"),
    "stop_my_timer": Action(log.stop_my_timer, "costs_write", "oauth"),
    "add_webhook": Action(log.add_webhook, "administrative"),
    "delete_webhook": Action(log.delete_webhook, "administrative"),
}

ACTIONS = READS | WRITES
