RETURN {
  Ref: COUNT { (:Ref) }, Call: COUNT { (:Call) }, Op: COUNT { (:Op) }, Version: COUNT { (:Version) },
  Component: COUNT { (:Component) }, Run: COUNT { (:Run) }, Store: COUNT { (:Store) }
} AS rows;
