MATCH (r:Run)
WITH r ORDER BY r.started, r.id
RETURN collect([
  r.id, r.started, r.ended, r.host, r.user, r.argv, r.python, r.git_commit, r.git_dirty, r.packages
]) AS rows;
