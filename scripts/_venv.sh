# Sourced by the other scripts: `venv WHAT...` makes ./.venv with WHAT installed (and again when pyproject.toml changed).
# MANDALA_GRAPH_VENV names another folder; PYTHON another interpreter (3.11 or newer).
find_python() {
  for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
    [ -n "$candidate" ] && command -v "$candidate" > /dev/null || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || continue
    echo "$candidate"
    return
  done
  echo "Python 3.11 or newer is needed, and none was found: install it, or name it by PYTHON=/path/to/python." >&2
  exit 1
}

venv() {
  local folder=${MANDALA_GRAPH_VENV:-.venv} python wanted
  bin=$folder/bin
  if [ ! -x "$bin/python" ]; then
    python=$(find_python)
    if ! "$python" -m venv "$folder" 2> "${TMPDIR:-/tmp}/venv.$$"; then
      rm -rf "$folder"
      # Debian ships venv apart from Python
      if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        apt-get update -q && apt-get install -q -y python3-venv && "$python" -m venv "$folder"
      else
        cat "${TMPDIR:-/tmp}/venv.$$" >&2
        echo "Python's venv module is missing: install it (Debian: apt install python3-venv)." >&2
        exit 1
      fi
    fi
    rm -f "${TMPDIR:-/tmp}/venv.$$"
  fi
  wanted=$({ cat pyproject.toml; echo "$@"; } | cksum)
  if [ "$(cat "$folder/.installed" 2> /dev/null)" != "$wanted" ]; then
    "$bin/python" -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
    "$bin/python" -m pip install --quiet --disable-pip-version-check -e "$@"
    echo "$wanted" > "$folder/.installed"
  fi
}
