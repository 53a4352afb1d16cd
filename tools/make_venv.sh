#!/bin/sh
# Make a virtual environment with a Python from 3.10 to 3.13:   tools/make_venv.sh FOLDER
# The Python is $PYTHON if given, else the first suitable one on the PATH.
set -eu

folder=$1

suits() {
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

python=${PYTHON:-}
if [ -n "$python" ]; then
    if ! suits "$python"; then
        echo "PYTHON=$python is not a Python from 3.10 to 3.13." >&2
        exit 1
    fi
else
    for candidate in python3.11 python3 python3.12 python3.13 python3.10; do
        if suits "$candidate"; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        echo "No Python from 3.10 to 3.13 found. On Debian or Ubuntu: sudo apt-get install python3 python3-venv" >&2
        exit 1
    fi
fi

# Debian and Ubuntu split venv's pip off into a package of its own.
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    line="apt-get update && apt-get install -y $version-venv"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "$version has no venv module; as root: $line" >&2
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$version-venv" >&2
    else
        echo "$version cannot make virtual environments yet. Run this once: sudo sh -c '$line'" >&2
        exit 1
    fi
fi

"$python" -m venv --clear "$folder"
