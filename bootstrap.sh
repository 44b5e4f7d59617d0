#!/bin/sh
# Finds a Python (>= 3.11) and hands over to bootstrap.py: `sh bootstrap.sh [setup|dev|faces|npm ...]`.
# LINLI_PYTHON names one by hand. Versions the tests run on come before newer ones.
set -eu
cd "$(dirname "$0")"

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
whole='import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))'
names="python3.13 python3.12 python3.11 python3 python python3.14"

if [ -n "${LINLI_PYTHON:-}" ]; then
    "$LINLI_PYTHON" -c "$new_enough" || {
        echo "linli: LINLI_PYTHON=$LINLI_PYTHON is not a Python >= 3.11" >&2
        exit 1
    }
    exec "$LINLI_PYTHON" bootstrap.py "$@"
fi
# The environment that is there keeps its Python.
if [ -x .venv/bin/python ] && .venv/bin/python -c "$new_enough" 2>/dev/null; then
    exec .venv/bin/python bootstrap.py "$@"
fi
for test in "$whole" "$new_enough"; do
    for name in $names; do
        if command -v "$name" >/dev/null && "$name" -c "$test" >/dev/null 2>&1; then
            exec "$name" bootstrap.py "$@"
        fi
    done
done
if command -v uv >/dev/null; then
    exec uv run --quiet --no-project --python '>=3.11' python bootstrap.py "$@"
fi
echo "linli: needs Python >= 3.11; found $(python3 --version 2>/dev/null || echo none)." \
    "Install one (Debian 12 and later: apt install python3 python3-venv) and try again." >&2
exit 1
