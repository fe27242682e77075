// Runs of a dirty git tree
//
// Runs whose code was not committed, newest first: their results cannot be traced to a commit.
MATCH (r:Run)
WHERE r.git_dirty
RETURN r.id AS run, r.started AS started, r.git_commit AS commit, r.user AS user, r.host AS host,
       COUNT { MATCH (c:Call {run: r.id}) } AS calls
ORDER BY started DESC, run;
