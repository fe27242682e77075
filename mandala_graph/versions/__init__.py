"""Versions of code: what calls depend on, which earlier versions still hold, and their history.

A library of its own: it knows ops by their looks (`name`, `fn`, `depends_on`, `packages`, `deps`) and a store by
the few questions of `KnownVersions`. How it decides is told in docs/versions.md.
"""

from mandala_graph.versions.history import History, LogEntry, VersionInfo
from mandala_graph.versions.manual import Env, env
from mandala_graph.versions.policy import Change, Marks, check_policy
from mandala_graph.versions.program import KnownVersions, Versions
from mandala_graph.versions.scope import track
from mandala_graph.versions.state import CodeState, Finished
from mandala_graph.versions.tracing import Trace

__all__ = [
    "Change",
    "CodeState",
    "Env",
    "Finished",
    "History",
    "KnownVersions",
    "LogEntry",
    "Marks",
    "Trace",
    "VersionInfo",
    "Versions",
    "check_policy",
    "env",
    "track",
]
