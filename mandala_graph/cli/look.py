"""Commands that say what is in a store: its ops, its calls, one thing by its id, and what happened when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mandala_graph.cli import complete, forms
from mandala_graph.cli.common import Nothing, json_option, limit_option, one, opened, store_option
from mandala_graph.cli.output import duration, emit_json, fields, line, moment, say, short, size, table
from mandala_graph.store.protocol import OpRow

if TYPE_CHECKING:
    from mandala_graph.storage import Storage
    from mandala_graph.store.protocol import CallRow, RefRow, Store

__all__ = ["calls", "log", "ops", "show"]

_EVERYTHING = ("Ref", "Call", "Op", "Version", "Component", "Run")


@click.command()
@store_option
@json_option
@click.option("--structs", is_flag=True, help="Also those that build and read lists, dicts, sets and tuples.")
def ops(location: str, as_json: bool, structs: bool) -> None:
    """List the ops, with how often they were called and how long that took."""
    from mandala_graph.structures import STRUCT_OP_NAMES

    with opened(location) as storage:
        rows = storage.store.ops()
        counted = storage.store.query(
            "MATCH (c:Call) RETURN c.op, count(*), sum(CASE WHEN c.status = 'failed' THEN 1 ELSE 0 END), "
            "sum(c.duration), max(c.started), count(DISTINCT c.version) ORDER BY c.op",
            {},
        ).rows
    known = {op: rest for op, *rest in counted}
    found = []
    for name in sorted({*rows, *known}):
        if name in STRUCT_OP_NAMES and not structs:
            continue
        n, failed, seconds, last, versions = known.get(name, (0, 0, 0.0, None, 0))
        row = rows.get(name)
        form = forms.op_form(row) if row is not None else {"kind": "op", "name": name}
        found.append(
            {**form, "calls": n, "failed": failed, "duration": float(seconds), "last": last, "versions": versions}
        )
    if as_json:
        emit_json(found)
        return
    table(
        ("op", "calls", "failed", "versions", "time", "last", "inputs", "outputs"),
        [
            (
                f["name"], f["calls"], f["failed"] or "", f["versions"], duration(f["duration"]), moment(f["last"]),
                ", ".join(f.get("inputs", ())), ", ".join(f.get("outputs", ())),
            )
            for f in found
        ],
        right=("calls", "failed", "versions", "time"),
    )  # fmt: skip


@click.command()
@click.argument("op", required=False, shell_complete=complete.ops)
@store_option
@json_option
@limit_option
@click.option("--run", help="Only those of the run with this id.")
@click.option("--version", help="Only those of the version with this id.")
@click.option("--status", type=click.Choice(["ok", "failed"]), help="Only those that ended like this.")
@click.option("--oldest", is_flag=True, help="The oldest first, instead of the newest.")
@click.option("--structs", is_flag=True, help="Also those that build and read lists, dicts, sets and tuples.")
def calls(
    op: str | None,
    location: str,
    as_json: bool,
    limit: int,
    run: str | None,
    version: str | None,
    status: str | None,
    oldest: bool,
    structs: bool,
) -> None:
    """List calls (of OP, or of all), the newest first."""
    from mandala_graph.structures import STRUCT_OP_NAMES

    with opened(location) as storage:
        store = storage.store
        tests: dict[str, Any] = {"op": op and one(store, op, ["Op"]).key, "status": status}
        tests["run"] = run and one(store, run, ["Run"]).key
        tests["version"] = version and one(store, version, ["Version"]).key
        tests = {name: value for name, value in tests.items() if value is not None}
        where = [f"c.{name} = ${name}" for name in tests]
        if not structs and op is None:
            where.append("NOT c.op IN $structs")
            tests["structs"] = sorted(STRUCT_OP_NAMES)
        rows = store.query(
            f"MATCH (c:Call) {'WHERE ' + ' AND '.join(where) if where else ''} "
            f"RETURN c.hid ORDER BY c.started {'' if oldest else 'DESC'}, c.hid LIMIT $limit",
            {**tests, "limit": limit + 1},
        ).rows
        found = store.calls([hid for (hid,) in rows[:limit]])
        refs = _ends(store, list(found.values()))
    listed = [found[hid] for (hid,) in rows[:limit] if hid in found]
    if as_json:
        emit_json([forms.call_form(c, refs) for c in listed])
        return
    table(
        ("id", "op", "inputs", "outputs", "started", "took", "status"),
        [
            (c.hid, c.op, forms.given(c, refs), forms.made(c, refs), moment(c.started), duration(c.duration), c.status)
            for c in listed
        ],
        right=("took",),
    )
    if len(rows) > limit:
        click.echo(f"there are more: --limit {limit} was reached", err=True)


def _ends(store: Store, rows: list[CallRow]) -> dict[str, RefRow]:
    from mandala_graph.store.selection import ends

    return store.refs(ends(rows))


@click.command()
@click.argument("id", shell_complete=complete.ids)
@store_option
@json_option
@limit_option
def show(id: str, location: str, as_json: bool, limit: int) -> None:
    """Show one thing: the ref, call, op, version, component or run that ID is, or begins."""
    with opened(location) as storage:
        found = one(storage.store, id, _EVERYTHING)
        form = _ref(storage, found.key, limit) if found.label == "Ref" else _FORMS[found.label](storage, found.key)
    if as_json:
        emit_json(form)
    else:
        _PRINT[found.label](form)


def _ref(storage: Storage, hid: str, limit: int) -> dict[str, Any]:
    store = storage.store
    row = store.refs([hid])[hid]
    maker = store.creators([hid]).get(hid)
    readers = store.consumers([hid]).get(hid, [])
    shown = readers[:limit]
    rows = store.calls([*shown, *([maker] if maker else [])])
    made_by = None
    if maker in rows:
        names = [name for name, ref in rows[maker].outputs if ref == hid]
        made_by = {"call": maker, "op": rows[maker].op, "name": names[0] if names else ""}
    read_by = [
        {"call": c, "op": rows[c].op, "name": e.name}
        for c in shown
        if c in rows
        for e in rows[c].inputs
        if e.ref == hid
    ]
    others = sorted(r.hid for r in store.refs_by_cid([row.cid]).get(row.cid, ()) if r.hid != hid)
    return {
        **forms.ref_form(row),
        "made_by": made_by,
        "readers": len(readers),
        "read_by": read_by,
        "same_contents": others[:limit],
    }


def _call(storage: Storage, hid: str) -> dict[str, Any]:
    row = storage.store.calls([hid])[hid]
    return forms.call_form(row, _ends(storage.store, [row]))


def _op(storage: Storage, name: str) -> dict[str, Any]:
    store = storage.store
    row = store.ops().get(name) or OpRow(name, "", "", "", (), ())  # those of structures have no node
    versions = sorted(store.versions(name).values(), key=lambda v: v.created)
    (n,) = store.query("MATCH (c:Call {op: $op}) RETURN count(*)", {"op": name}).rows[0]
    return {**forms.op_form(row), "calls": n, "versions": [v.id for v in versions]}


def _version(storage: Storage, id: str) -> dict[str, Any]:
    store = storage.store
    row = store.versions()[id]
    parts = store.components(row.components).values()
    (n,) = store.query("MATCH (c:Call {version: $id}) RETURN count(*)", {"id": id}).rows[0]
    named = [{"id": p.id, "module": p.module, "name": p.name, "kind": p.kind} for p in parts]
    return {**forms.version_form(row), "components": sorted(named, key=lambda p: (p["name"], p["id"])), "calls": n}


def _component(storage: Storage, id: str) -> dict[str, Any]:
    store = storage.store
    used = sorted(v.id for v in store.versions().values() if id in v.components)
    changes = [{"id": c.new, "compatible": c.compatible} for c in store.changes() if c.old == id]
    return {**forms.component_form(store.components([id])[id]), "versions": used, "changed_to": changes}


def _run(storage: Storage, id: str) -> dict[str, Any]:
    counted = storage.store.query("MATCH (c:Call {run: $id}) RETURN c.op, count(*) ORDER BY c.op", {"id": id}).rows
    return {**forms.run_form(storage.store.runs()[id]), "calls": dict(counted)}


_FORMS = {"Call": _call, "Op": _op, "Version": _version, "Component": _component, "Run": _run}


def _print_ref(form: dict[str, Any]) -> None:
    made_by = form["made_by"]
    fields(
        [
            ("ref", form["hid"]),
            ("value", form["preview"]),
            ("type", form["type"]),
            ("size", size(form["nbytes"])),
            ("structure", form["structure"]),
            ("dropped", moment(form["dropped"])),
            ("contents", form["cid"]),
            ("made by", made_by and f"{made_by['op']} {short(made_by['call'])}, as its output {made_by['name']}"),
            ("", "" if made_by else "given to a call as it is"),
            ("same contents", ", ".join(map(short, form["same_contents"][:5]))),
        ]
    )
    if form["read_by"]:
        table(("read by", "op", "as"), [(r["call"], r["op"], r["name"]) for r in form["read_by"]])
        if form["readers"] > len({r["call"] for r in form["read_by"]}):
            click.echo(f"read by {form['readers']} calls: --limit shows more of them", err=True)


def _print_call(form: dict[str, Any]) -> None:
    fields(
        [
            ("call", form["hid"]),
            ("op", form["op"]),
            ("status", form["status"]),
            ("started", moment(form["started"])),
            ("took", duration(form["duration"])),
            ("version", form["version"]),
            ("run", form["run"]),
            ("contents", form["cid"]),
        ]
    )
    rows = [("in", _name(e), e["ref"]) for e in form["inputs"]] + [
        ("out", e["name"], e["ref"]) for e in form["outputs"]
    ]
    table(
        ("", "name", "value", "type", "id"),
        [(way, name, ref["preview"], ref["type"], ref["hid"]) for way, name, ref in rows],
    )


def _name(edge: dict[str, Any]) -> str:
    return str(edge["name"]) if edge["index"] is None else f"{edge['name']}[{edge['index']}]"


def _print_op(form: dict[str, Any]) -> None:
    fields(
        [
            ("op", form["name"]),
            ("module", form["module"]),
            ("function", form["qualname"]),
            ("inputs", ", ".join(form["inputs"])),
            ("outputs", ", ".join(form["outputs"])),
            ("calls", form["calls"]),
            ("versions", ", ".join(map(short, form["versions"]))),
            ("does", form["doc"].partition("\n")[0]),
        ]
    )


def _print_version(form: dict[str, Any]) -> None:
    fields(
        [("version", form["id"]), ("op", form["op"]), ("created", moment(form["created"])), ("calls", form["calls"])]
    )
    table(
        ("id", "kind", "name", "module"),
        [(p["id"], p["kind"], p["name"], p["module"]) for p in form["components"]],
    )


def _print_component(form: dict[str, Any]) -> None:
    fields(
        [
            ("component", form["id"]),
            ("name", form["name"]),
            ("module", form["module"]),
            ("kind", form["kind"]),
            ("created", moment(form["created"])),
            ("versions", ", ".join(map(short, form["versions"]))),
            ("changed to", ", ".join(short(c["id"]) for c in form["changed_to"])),
        ]
    )
    say()
    say(form["source"].rstrip("\n"))


def _print_run(form: dict[str, Any]) -> None:
    packages = form["packages"]
    fields(
        [
            ("run", form["id"]),
            ("started", moment(form["started"])),
            ("ended", moment(form["ended"])),
            ("command", form["argv"]),
            ("where", f"{form['user']}@{form['host']}"),
            ("python", form["python"]),
            ("commit", _commit(form)),
            ("packages", f"{len(packages)}: {', '.join(packages[:8])}{', …' if len(packages) > 8 else ''}"),
            ("calls", ", ".join(f"{n} {op}" for op, n in form["calls"].items())),
        ]
    )


def _commit(run: dict[str, Any]) -> str:
    return f"{run['git_commit']}{' with uncommitted changes' if run['git_dirty'] else ''}" if run["git_commit"] else ""


_PRINT = {
    "Ref": _print_ref,
    "Call": _print_call,
    "Op": _print_op,
    "Version": _print_version,
    "Component": _print_component,
    "Run": _print_run,
}


@click.command()
@click.argument("op", required=False, shell_complete=complete.ops)
@store_option
@json_option
@limit_option
@click.option("--code", "only", flag_value="version", help="Only changes of the code.")
@click.option("--runs", "only", flag_value="run", help="Only runs.")
def log(op: str | None, location: str, as_json: bool, limit: int, only: str | None) -> None:
    """Say what happened, the newest first: runs with their calls, and changes of the code (of OP, or of all)."""
    with opened(location) as storage:
        name = op and one(storage.store, op, ["Op"]).key
        entries = _entries(storage, name, only)
    entries = sorted(entries, key=lambda e: (-e["at"], e["kind"], e["id"]))[:limit]
    if as_json:
        emit_json(entries)
        return
    if not entries:
        raise Nothing("nothing has happened in this store yet.")
    table(("when", "what", "id", ""), [(moment(e["at"]), e["kind"], e["id"], _sentence(e)) for e in entries])


def _entries(storage: Storage, op: str | None, only: str | None) -> list[dict[str, Any]]:
    from mandala_graph.runtime.code import history

    entries: list[dict[str, Any]] = []
    if only != "version":
        counted: dict[str, dict[str, int]] = {}
        for run, name, n in storage.store.query("MATCH (c:Call) RETURN c.run, c.op, count(*)", {}).rows:
            counted.setdefault(run, {})[name] = n
        for row in storage.store.runs().values():
            counts = counted.get(row.id, {})
            if op is None or op in counts:
                form = forms.run_form(row)
                entries.append({**form, "at": row.started, "calls": dict(sorted(counts.items()))})
    if only != "run":
        for e in history(storage).log(op):
            entries.append(
                {
                    "kind": "version", "id": e.version, "at": e.created, "op": e.op, "added": e.added,
                    "removed": e.removed, "changed": e.changed,
                }
            )  # fmt: skip
    return entries


def _sentence(entry: dict[str, Any]) -> str:
    if entry["kind"] == "run":
        counts = ", ".join(f"{n} {op}" for op, n in entry["calls"].items() if op[:2] != "__") or "no new call"
        commit = f" at {entry['git_commit'][:10]}{'+' if entry['git_dirty'] else ''}" if entry["git_commit"] else ""
        return line(f"{counts}: {entry['argv']} by {entry['user']}@{entry['host']}{commit}")
    parts = [f"{sign}{n}" for sign, names in (("+", "added"), ("-", "removed"), ("~", "changed")) for n in entry[names]]
    return line(f"{entry['op']}: {' '.join(parts) or 'as before'}")
