#!/bin/sh
# Fetch the fonts and texts of doc/synth.md as Debian packages, without installing them, and pack them:
#   tools/make_render_kit.sh [FOLDER]
# makes FOLDER/corpus and FOLDER/render_kit.tar.xz (train_data by default). Needs apt-get, dpkg, and fontTools.
# PYTHON chooses the interpreter. Packages are kept in FOLDER/packages until all is done.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-train_data}
python=${PYTHON:-python3}

mkdir -p "$folder/packages/unpacked"
folder=$(cd "$folder" && pwd)
# The packages that doc/synth.md names, but for those that this distribution lacks.
for name in $(grep -oE '(fonts|ttf|dict)-[a-z0-9-]+|wamerican|wbritish|miscfiles|fortunes|anarchism|debian-(handbook|faq)|developers-reference|manpages(-dev)?' "$here/doc/synth.md" | sort -u); do
    if apt-cache show "$name" >/dev/null 2>&1; then
        (cd "$folder/packages" && apt-get download -qq "$name")
    fi
done
for package in "$folder"/packages/*.deb; do
    dpkg -x "$package" "$folder/packages/unpacked"
done

cd "$here"
fonts="$folder/packages/unpacked/usr/share/fonts $folder/packages/unpacked/usr/share/texmf/fonts/opentype"
"$python" tools/synth.py corpus --root "$folder/packages/unpacked" --out "$folder/corpus"
# shellcheck disable=SC2086 # two folders
"$python" tools/synth.py pack --fonts $fonts --texts "$folder/corpus" --out "$folder/render_kit.tar.xz"
rm -r "$folder/packages"
