#!/usr/bin/env bash
# Builds sdist and wheel, installs the wheel into an empty environment and runs it away from the checkout:
# an editable install hides a data file that is missing from the wheel.
#
#   .ci/wheel.sh PYTHON EMPTY_DIRECTORY      from the top of a checkout
set -euo pipefail
python=$1
mkdir -p "$2"
work=$(cd "$2" && pwd)

fail() {
    echo "wheel: $*" >&2
    exit 1
}

"$python" -m venv "$work/build"
"$work/build/bin/python" -m pip install -q build
"$work/build/bin/python" -m build --outdir "$work/dist" . >"$work/build.log" 2>&1 || {
    cat "$work/build.log"
    fail "the build failed"
}
wheel=$(ls "$work"/dist/*.whl)
sdist=$(ls "$work"/dist/*.tar.gz)

"$python" -m zipfile -l "$wheel" | awk 'NR > 1 { print $1 }' >"$work/names"
grep -qx 'netraw_lint/py.typed' "$work/names" || fail "py.typed is not in the wheel"
for schema in schemas/*; do
    grep -qx "netraw_lint/$schema" "$work/names" || fail "$schema is not in the wheel"
done
if grep -vE '^(netraw_lint/|netraw_lint-[^/]*\.dist-info/)' "$work/names"; then
    fail "the wheel holds files outside the package"
fi
tar -tzf "$sdist" >"$work/sdist-names"
for part in tests/test_house.py schemas/ examples/bad/ LICENSE .pre-commit-hooks.yaml; do
    grep -q "^netraw_lint-[^/]*/$part" "$work/sdist-names" || fail "$part is not in the sdist"
done

"$python" -m venv "$work/empty"
"$work/empty/bin/python" -m pip install -q "$wheel"
"$work/empty/bin/python" -m pip check

# A configuration file is there, so that the schema inside the wheel is read and jsonschema with it.
mkdir "$work/elsewhere"
cp -R examples "$work/elsewhere/examples"
printf 'runtimes: [containerd, cri-o, docker]\n' >"$work/elsewhere/.netraw-lint.yaml"
cd "$work/elsewhere"

expect() {
    local wanted=$1 status=0
    shift
    "$work/empty/bin/netraw-lint" "$@" >"$work/output" 2>&1 || status=$?
    if [[ $status -ne $wanted ]]; then
        cat "$work/output"
        fail "netraw-lint $* ended with exit $status, expected $wanted"
    fi
}
expect 0 --version
cat "$work/output"
expect 0 --print-completion fish
expect 1 examples/bad
expect 0 examples/good
printf 'runtimes: [dockerd]\n' >"$work/elsewhere/.netraw-lint.yaml"
expect 2 examples/good # proves that the configuration file was read and validated

"$work/empty/bin/python" -I - <<'PYTHON'
import sysconfig
import netraw_lint

assert netraw_lint.__file__.startswith(sysconfig.get_path("purelib")), netraw_lint.__file__
PYTHON
echo "wheel: $(wc -c <"$wheel" | tr -d ' ') bytes, sdist: $(wc -c <"$sdist" | tr -d ' ') bytes, both complete and running"
