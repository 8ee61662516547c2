#!/usr/bin/env bash
# The programs and the schema that our reports are checked with, where this machine can have them. Each is built or
# installed once for a version and kept; none is waited for longer than a few minutes. Prints a line for each, and
# writes the variables by which the tests find them; a test that misses one skips and says so.
#
#   .ci/consumers.sh CACHE_DIRECTORY VARIABLES_FILE
set -uo pipefail
cache=$1
variables=$2
mkdir -p "$cache"
: >"$variables"
why=$(mktemp)
trap 'rm -f "$why"' EXIT

sarif_module=github.com/owenrumney/go-sarif/v3@v3.3.1 # holds the schema of OASIS as a string
multitool=5.7.0
reviewdog=v0.21.0

get() { # get WHAT VARIABLE COMMAND...: the command prints where it is
    local what=$1 variable=$2 found status
    shift 2
    found=$(set -e; "$@" 2>"$why") # not in an `if`, where set -e does not count
    status=$?
    if [[ $status -eq 0 ]]; then
        echo "present  $what"
        [[ -z $variable ]] || printf 'export %s=%q\n' "$variable" "$found" >>"$variables"
    else
        echo "skipped  $what: $(tail -n 1 "$why")"
    fi
}

sarif_schema() {
    local file="$cache/${sarif_module##*@}-sarif-schema-2.1.0.json" folder
    if [[ ! -s $file ]]; then
        folder=$(cd / && timeout 120 go mod download -json "$sarif_module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
        python3 - "$folder/pkg/report/v210/sarif/schema.go" "$file" <<'PYTHON'
import json, sys
schema = json.loads(open(sys.argv[1], encoding="utf-8").read().split("`")[1])
assert schema["definitions"]["result"]
json.dump(schema, open(sys.argv[2], "w", encoding="utf-8"))
PYTHON
    fi
    echo "$file"
}

sarif_multitool() {
    local folder="$cache/sarif-multitool-$multitool"
    local program="$folder/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
    [[ -f $program ]] ||
        timeout 240 npm install --silent --no-audit --no-fund --prefix "$folder" \
            "@microsoft/sarif-multitool-linux@$multitool" >&2
    chmod +x "$program"
    echo "$program"
}

reviewdog() {
    local program="$cache/reviewdog-$reviewdog/reviewdog"
    [[ -x $program ]] ||
        GOBIN="${program%/*}" GOFLAGS=-trimpath timeout 240 go install "github.com/reviewdog/reviewdog/cmd/reviewdog@$reviewdog"
    echo "$program"
}

chromium() {
    if ! type -P chromium; then
        [[ $(id -u) -eq 0 ]] || { echo "it is not installed, and only root could install it" >&2; return 1; }
        timeout 120 apt-get update -qq >&2
        DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install -y -qq --no-install-recommends chromium >&2
        type -P chromium
    fi
}

get "chromium: the HTML report is opened in it" "" chromium
get "the schema of SARIF by OASIS" SARIF_SCHEMA sarif_schema
get "sarif-multitool $multitool: Microsoft's validator, with the rules of GitHub" NETRAW_LINT_TEST_MULTITOOL sarif_multitool
get "reviewdog $reviewdog" NETRAW_LINT_TEST_REVIEWDOG reviewdog
