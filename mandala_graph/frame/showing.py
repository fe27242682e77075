"""`Showing`: a frame as tables, words, figures, pictures and Cypher. Only tables of values load any."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, Self

from mandala_graph.errors import UsageError
from mandala_graph.frame import describe, picture, select, share, tables
from mandala_graph.frame.base import Base
from mandala_graph.frame.rows import MAX_ROWS
from mandala_graph.frame.statement import cypher

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Showing"]


class Showing(Base):
    """What a frame shows; nothing here changes it."""

    # -- tables --------------------------------------------------------------------------------------
    def df(
        self,
        *nodes: str,
        values: tables.ValuesAs = "objs",
        lazy_vars: Iterable[str] | None = None,
        verbose: bool = False,
        include_calls: bool = True,
        join_how: Literal["inner", "outer"] = "outer",
        max_rows: int = MAX_ROWS,
    ) -> pd.DataFrame:
        """The table of every (partial) computation: a row for each, a column for each node (or for these only).

        Args:
            values: `objs` for values, `refs` for refs, `ids` for hids.
            lazy_vars: variables that stay refs among values.
            verbose: show a progress bar while values are loaded.
            include_calls: columns of functions too.
            join_how: `outer` with partial rows, `inner` with full rows only.
            max_rows: above it, `JoinTooLarge` names the nodes that multiply.

        An empty cell is NaN; several elements are a `ValueCollection`, `RefCollection` or `CallCollection`. Rows are
        in the order of their native values, column by column.

        Raises:
            UnknownNode: there is no node of that name. ValueDropped: a value is no longer stored (`lazy_vars` shows its ref).

        >>> from mandala_graph.examples import example
        >>> example().df("x", "w")
           x    w
        0  0  1.0
        1  1  NaN
        2  2  5.0
        """
        names = self._known(nodes)
        lazy = self._known(lazy_vars or ())
        if not isinstance(max_rows, int) or max_rows < 0:
            raise UsageError(f"max_rows is a number of rows, not {max_rows!r}.")
        if len(names) == 1:
            return tables.variable_table(self.body, self.objects, names[0], values, lazy, verbose)
        return tables.frame_table(
            self.body, self.objects, names, values, include_calls, join_how, lazy, max_rows, verbose
        )

    def eval(self, *nodes: str, values: tables.ValuesAs = "objs", verbose: bool = True) -> pd.DataFrame:
        """The same as `df`, with calls and with progress.

        >>> from mandala_graph.examples import example
        >>> len(example().eval(verbose=False))
        3
        """
        return self.df(*nodes, values=values, verbose=verbose)

    def eval_df(self, df: pd.DataFrame, skip_cols: Iterable[str] = (), skip_calls: bool = False) -> pd.DataFrame:
        """A table of refs as a table of values; columns to skip stay, and those of calls go when `skip_calls`.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> cf.eval_df(cf.df(values="refs"), skip_calls=True)
           x  y    w
        0  0  1  1.0
        1  1  2  NaN
        2  2  3  5.0
        """
        return share.eval_df(self.storage, df, set(skip_cols or ()), skip_calls)

    def attach(self) -> None:
        """Load the value of every ref of the frame.

        >>> from mandala_graph.examples import example
        >>> example().attach()
        """
        numbers = set().union(*self.body.vars.values())
        made = self.objects.refs(numbers)
        refs = [made[r] for r in numbers]
        self.storage.unwrap(refs)  # in few statements
        for ref in refs:
            ref.obj  # noqa: B018

    def apply(self, f: Callable[[Any], Any], to: Literal["vals", "refs"] = "vals") -> Self:
        """A frame whose tables show `f` of each value (or of each ref, in tables of refs) in place of it.

        `f` is called when a table shows a value, once for each; conditions and pictures look at what is stored.

        >>> from mandala_graph.examples import example
        >>> example().apply(lambda value: value * 10).df("x", "w")
            x     w
        0   0  10.0
        1  10   NaN
        2  20  50.0
        """
        if to not in ("vals", "refs"):
            raise UsageError(f'apply a function to "vals" or to "refs", not to {to!r}.')
        return type(self)(self.storage, self.body.copy(), self.objects.applied(f, to))

    def get_func_table(self, fname: str, values: tables.ValuesAs = "refs") -> pd.DataFrame:
        """The calls of a function, a row each, by the op's input and output names.

        >>> from mandala_graph.examples import example
        >>> example().get_func_table("add", values="objs").sort_values("w", ignore_index=True)
           y  z  w
        0  1  0  1
        1  3  2  5
        """
        self._known(fname, self.body.funcs)
        return tables.function_table(self.body, self.objects, fname, values)

    def get_history_df(self, vname: str, include_calls: bool = True, values: tables.ValuesAs = "refs") -> pd.DataFrame:
        """The history of each element of a node, a row each: what of the frame it was made from.

        >>> from mandala_graph.examples import example
        >>> example().get_history_df("w", include_calls=False, values="objs")
           x  y  w
        0  0  1  1
        1  2  3  5
        """
        self._known(vname)
        return tables.history_table(self.body, self.objects, vname, values, include_calls)

    def get_joint_history_df(
        self,
        varnames: Iterable[str],
        how: Literal["inner", "outer"] = "outer",
        include_calls: bool = True,
        values: tables.ValuesAs = "refs",
    ) -> pd.DataFrame:
        """The histories of several variables, joined.

        >>> from mandala_graph.examples import example
        >>> len(example().get_joint_history_df(["y", "w"]))
        3
        """
        names = self._known(varnames)
        body = select.induced(self.body, self.body.reachable(names, back=True) | set(names))
        return self._with(body).df(values=values, include_calls=include_calls, join_how=how)

    # -- words and figures ---------------------------------------------------------------------------
    def get_graph_desc(self) -> str:
        """The graph as lines of text, `outputs = function(label=variable)`.

        >>> from mandala_graph.examples import example
        >>> example().get_graph_desc().splitlines()[-1]
        'w@sink = add(y=y, z=x)'
        """
        return describe.text(self.body)

    def print_graph(self) -> None:
        """Print `get_graph_desc()`.

        >>> from mandala_graph.examples import example
        >>> example().print_graph()
        x@source
        y = increment(x=x)
        w@sink = add(y=y, z=x)
        """
        print(self.get_graph_desc())

    def __repr__(self) -> str:
        return describe.summary(self.body)

    def info(self, *nodes: str) -> None:
        """Print what is in the frame, or in these nodes.

        >>> from mandala_graph.examples import example
        >>> example().info("y")
        variable y: 3 refs, made by increment.y, used by add(y=...)
            name  num_values  distinct types  bytes  dropped
               y           3         3   int     24        0
        """
        print(describe.info(self.body, self.objects, self._known(nodes)))

    def var_info(self, vname: str) -> None:
        """Print what is in a variable (see `info`).

        >>> from mandala_graph.examples import example
        >>> example().var_info("x")
        variable x: 3 refs, made by nothing here, used by increment(x=...), add(z=...)
            name  num_values  distinct types  bytes  dropped
               x           3         3   int     24        0
        """
        self.info(*self._known(vname, self.body.vars))

    def func_info(self, fname: str) -> None:
        """Print what is in a function: op, calls, versions, durations (see `get_func_stats`).

        >>> from mandala_graph.examples import example
        >>> example().func_info("add")  # doctest: +ELLIPSIS
        function add (add): 2 calls, from y=y, z=x, to w: w
        ...
        """
        self.info(*self._known(fname, self.body.funcs))

    def get_var_stats(self) -> pd.DataFrame:
        """By variable: how many values, how many distinct contents, types, bytes, how many dropped.

        >>> from mandala_graph.examples import example
        >>> example().get_var_stats()
          name  num_values  distinct types  bytes  dropped
        0    x           3         3   int     24        0
        1    y           3         3   int     24        0
        2    w           2         2   int     16        0
        """
        return describe.var_stats(self.body, self.objects)

    def get_func_stats(self) -> pd.DataFrame:
        """By function: how many calls, versions and runs; seconds in all and on average, first start (epoch seconds).

        >>> from mandala_graph.examples import example
        >>> example().get_func_stats()[["name", "op", "num_calls"]]
                name         op  num_calls
        0  increment  increment          3
        1        add        add          2
        """
        return describe.func_stats(self.body, self.objects)

    def stats(self) -> pd.DataFrame:
        """By node: how many elements; seconds in all (functions), bytes (variables).

        >>> from mandala_graph.examples import example
        >>> example().stats()[["name", "kind", "count"]].head(2)
                name      kind  count
        0          x  variable      3
        1  increment  function      3
        """
        return describe.stats(self.body, self.objects)

    # -- pictures ------------------------------------------------------------------------------------
    def to_svg(self, **options: Any) -> str:
        """The graph as an SVG picture (options as of `draw`).

        >>> from mandala_graph.examples import example
        >>> example().to_svg().startswith("<svg")
        True
        """
        return picture.svg(self.body, **options)

    def to_dot(self) -> str:
        """The graph for Graphviz.

        >>> from mandala_graph.examples import example
        >>> example().to_dot().startswith("digraph")
        True
        """
        return picture.dot(self.body)

    def to_mermaid(self) -> str:
        """The graph as a Mermaid flowchart.

        >>> from mandala_graph.examples import example
        >>> example().to_mermaid().startswith("flowchart LR")
        True
        """
        return picture.mermaid(self.body)

    def draw(self, path: Any = None, **options: Any) -> picture.Picture:
        """A picture of the graph; shown in notebooks, saved to `path` (`.svg`, `.png`) when given.

        Args:
            path: where to save it; `.png` needs the extra `png`.
            options: `theme`: `light`, `dark` or `auto` (as the reader's system).

        >>> from mandala_graph.examples import example
        >>> picture = example().draw("frame.svg", theme="light")
        """
        return picture.draw(self.body, path, **options)

    def explore(self, height: int = 480) -> Any:
        """A widget for notebooks that shows the frame as a graph to be opened up (see `Storage.explore`).

        >>> from mandala_graph.examples import example
        >>> widget = example().explore(height=320)
        """
        return self.storage.explore(self, height)

    def _repr_html_(self) -> str:
        return picture.html(self.body, describe.summary(self.body))

    def _ipython_key_completions_(self) -> list[str]:
        return self.body.nodes()

    # -- Cypher --------------------------------------------------------------------------------------
    def cypher(self) -> str:
        """A Cypher statement that gives the ids of `df(values="ids")`, for frames without loops.

        Run it in Neo4j Browser, or with `storage.query`. It is made for Neo4j: on SQLite each step from the end of the
        frame makes it slower, and about ten are more than SQLite before 3.46 reads.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> len(cf.storage.query(cf.cypher())) == len(cf.df())
        True
        """
        return cypher(self.body)
