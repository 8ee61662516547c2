#!/usr/bin/env bash
# The real programs, and the schema, that sharpen the tests, where this machine can have them. Each is built or
# installed once for a version and kept in the cache. Prints a line for each, and writes the variables by which the
# tests find them; a test that misses one skips and says so.
#
#   .ci/tools.sh CACHE_DIRECTORY VARIABLES_FILE SECONDS
#
# On a new machine everything has to be built: what SECONDS do not suffice for is left to the next run.
set -uo pipefail
cache=$1
variables=$2
limit=$3
mkdir -p "$cache"
: >"$variables"
why=$(mktemp)
trap 'rm -f "$why"' EXIT

sarif_module=github.com/owenrumney/go-sarif/v3@v3.3.1 # holds the schema of OASIS as a string
multitool=5.7.0

get() { # get WHAT VARIABLE COMMAND...: the command prints where it is; a variable named twice is a list like PATH
    local what=$1 variable=$2 found status
    shift 2
    found=$(set -e; "$@" 2>"$why") # not in an `if`, where set -e does not count
    status=$?
    if [[ $status -eq 0 ]]; then
        echo "present  $what"
        if [[ -n $variable ]]; then
            printf 'export %s=${%s:+$%s:}%q\n' "$variable" "$variable" "$variable" "$found" >>"$variables"
        fi
    else
        echo "skipped  $what: $(tail -n 1 "$why")"
    fi
}

within() { # within COMMAND...: in the time that is left
    local left=$((limit - SECONDS))
    [[ $left -gt 0 ]] || { echo "no time left to get it in this run" >&2; return 1; }
    timeout "$left" "$@" || {
        [[ $? -ne 124 ]] || echo "not done in the $left seconds that were left; the next run goes on" >&2
        return 1
    }
}

from_go() { # from_go PACKAGE VERSION: builds a command of a Go module
    local name=${1%/v[0-9]} folder
    name=${name##*/} folder="$cache/${name##*/}-$2"
    [[ -x $folder/$name ]] || {
        command -v go >/dev/null || { echo "no Go to build it with" >&2; return 1; }
        GOBIN="$folder" GOFLAGS=-trimpath within go install "$1@$2"
    }
    echo "$folder/$name"
}

on_path() { # on_path PROGRAM...: the first one's place
    local program
    for program in "$@"; do type -P "$program" >/dev/null || { echo "$program is not installed" >&2; return 1; }; done
    type -P "$1"
}

kubectl_kustomize() {
    on_path kubectl >/dev/null
    kubectl kustomize --help >/dev/null
    on_path kubectl
}

sarif_schema() {
    local file="$cache/${sarif_module##*@}-sarif-schema-2.1.0.json" folder
    if [[ ! -s $file ]]; then
        folder=$(cd / && within go mod download -json "$sarif_module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
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
        within npm install --silent --no-audit --no-fund --prefix "$folder" \
            "@microsoft/sarif-multitool-linux@$multitool" >&2
    chmod +x "$program"
    echo "$program"
}

packages() { # what Debian has, where root may install it
    local wanted=() program
    for program in chromium strace valgrind zsh fish; do type -P "$program" >/dev/null || wanted+=("$program"); done
    [[ ${#wanted[@]} -eq 0 ]] && return
    [[ $(id -u) -eq 0 ]] && type -P apt-get >/dev/null || return
    within apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive within apt-get install -y -qq --no-install-recommends "${wanted[@]}" >&2
}

get "helm 3" NETRAW_LINT_TEST_HELM from_go helm.sh/helm/v3/cmd/helm v3.22.0
get "kustomize" NETRAW_LINT_TEST_KUSTOMIZE from_go sigs.k8s.io/kustomize/kustomize/v5 v5.8.1
get "kubectl kustomize" NETRAW_LINT_TEST_KUSTOMIZE kubectl_kustomize
get "helm 4" NETRAW_LINT_TEST_HELM from_go helm.sh/helm/v4/cmd/helm v4.3.1
get "actionlint, for the workflows in the documents" NETRAW_LINT_TEST_ACTIONLINT from_go github.com/rhysd/actionlint/cmd/actionlint v1.7.12
packages >/dev/null 2>&1
get "chromium, for the HTML report" "" on_path chromium
get "strace, for kills at system calls" "" on_path strace
get "valgrind, for the budget of instructions" "" on_path valgrind
get "zsh and fish, for completion" "" on_path zsh fish
get "the schema of SARIF by OASIS" SARIF_SCHEMA sarif_schema
get "reviewdog" NETRAW_LINT_TEST_REVIEWDOG from_go github.com/reviewdog/reviewdog/cmd/reviewdog v0.21.0
get "sarif-multitool $multitool, Microsoft's validator with the rules of GitHub" NETRAW_LINT_TEST_MULTITOOL sarif_multitool
