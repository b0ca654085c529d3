# SPDX-License-Identifier: MIT
# Sourced by ./demo and ./check: brings a Debian 13 to where Hekla builds. Nothing is installed that is there already.
# shellcheck shell=bash disable=SC2034,SC2119,SC2120

build_packages=(
    g++ cmake ninja-build pkg-config python3
    glslang-dev glslang-tools spirv-tools spirv-headers libspirv-cross-c-shared-dev
    libvulkan-dev libvulkan-volk-dev libvulkan-memory-allocator-dev
    libfmt-dev libyaml-cpp-dev nlohmann-json3-dev libcli11-dev libpcre2-dev libutf8proc-dev libpng-dev
)
test_packages=(catch2 vulkan-validationlayers)

say() { printf '\n\033[1m==> %s\033[0m\n' "$*"; }
die() {
    printf '\nerror: %s\n' "$*" >&2
    exit 1
}

# as_root COMMAND...
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root and there is no sudo; as root, run: $*"
    fi
}

# apt_get ARGUMENTS...: with its progress on a terminal; elsewhere silent unless it fails
apt_get() {
    local call=(as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
    if [ -t 1 ]; then
        "${call[@]}" "$@"
    else
        "${call[@]}" -q "$@" >"$scratch/apt" 2>&1 || { cat "$scratch/apt" >&2; return 1; }
    fi
}

# missing PACKAGE...: those not installed, one per line
missing() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

# apt_sources [ROOT]: the archives apt reads there, whichever of its two file formats they are written in.
# One line for each URI and suite: URI, suite, keyring file or "-", components.
apt_sources() {
    local etc=${1:-}/etc/apt file
    for file in "$etc/sources.list" "$etc"/sources.list.d/*.list; do
        [ -f "$file" ] && awk '
            $1 == "deb" {
                sub(/#.*/, ""); key = "-"; at = 2
                if ($at ~ /^\[/) {
                    while (at < NF && $at !~ /\]$/) at++
                    options = $0; sub(/^[^[]*\[/, "", options); sub(/\].*/, "", options)
                    if (match(options, /signed-by=[^ ]+/)) key = substr(options, RSTART + 10, RLENGTH - 10)
                    at++
                }
                line = $at " " $(at + 1) " " key
                for (i = at + 2; i <= NF; i++) line = line " " $i
                print line
            }' "$file"
    done
    for file in "$etc"/sources.list.d/*.sources; do
        [ -f "$file" ] && awk '
            function flush(   u, s, i, j, n, m, key) {
                n = split(value["uris"], u); m = split(value["suites"], s)
                key = trim(value["signed-by"])
                if (key !~ /^\/[^ ]+$/) key = "-"
                if (value["types"] ~ /(^| )deb( |$)/ && tolower(value["enabled"]) != "no")
                    for (i = 1; i <= n; i++) for (j = 1; j <= m; j++) print u[i], s[j], key, trim(value["components"])
                delete value
            }
            function trim(text) { gsub(/^ +| +$/, "", text); return text }
            /^#/ { next }
            /^[ \t]*$/ { flush(); next }
            /^[^ \t]/ { field = tolower($1); sub(/:.*/, "", field); sub(/^[^:]*:[ \t]*/, ""); value[field] = $0; next }
            { value[field] = value[field] " " $0 }
            END { flush() }' "$file"
    done
    return 0
}

# Adds the backports suite of this very Debian, from the archive it already uses.
enable_backports() {
    local codename=$1 line uri key
    apt_sources | awk -v suite="$codename-backports" '$2 == suite { found = 1 } END { exit !found }' && return
    line=$(apt_sources | awk -v suite="$codename" '$2 == suite { print; exit }')
    [ -n "$line" ] || return 1
    read -r uri _ key _ <<<"$line"
    say "adding the suite $codename-backports of $uri"
    printf 'Types: deb\nURIs: %s\nSuites: %s-backports\nComponents: main\n' "$uri" "$codename" >"$scratch/backports"
    [ "$key" = - ] || printf 'Signed-By: %s\n' "$key" >>"$scratch/backports"
    as_root install -m 644 "$scratch/backports" /etc/apt/sources.list.d/hekla-backports.sources
}

# install_packages PACKAGE...: what of them is missing, and a software Vulkan driver if there is none.
# An installed Mesa is left alone: it may be what drives this machine's GPU. Where there is none, the backport is
# taken: its lavapipe has cooperative matrices, the stable one has not.
install_packages() {
    local wanted driver=() codename
    command -v apt-get >/dev/null || die "this script installs packages with apt-get (Debian 13). Elsewhere: install $*
and a Vulkan driver, then build with: cmake --preset release && cmake --build --preset release"
    mapfile -t wanted < <(missing "$@")
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    if [ -n "$(missing mesa-vulkan-drivers)" ]; then
        driver=(mesa-vulkan-drivers)
        if [ "$codename" = trixie ] && enable_backports "$codename"; then
            driver=(mesa-vulkan-drivers/trixie-backports)
        fi
    fi
    [ ${#wanted[@]} -eq 0 ] && [ ${#driver[@]} -eq 0 ] && return
    say "installing with apt-get: ${wanted[*]} ${driver[*]}"
    apt_get update || say "apt-get update complained (see above); going on with the package lists there are"
    if [[ ${driver[*]} == */* ]] && ! apt-get -q -s install "${driver[@]}" >/dev/null 2>&1; then
        say "the archive offers no backport of mesa-vulkan-drivers; taking the stable one"
        driver=(mesa-vulkan-drivers)
    fi
    apt_get install --no-install-recommends "${wanted[@]}" "${driver[@]}"
}

# fetch_swiftshader FOLDER: SwiftShader, a software Vulkan device as plain as they come, is not a Debian package of its
# own but a file of Chromium's. Only the tests use it, so it goes to a folder of the build and is not installed.
fetch_swiftshader() {
    local folder=$1
    [ -s "$folder/vk_swiftshader_icd.json" ] && [ -s "$folder/libvk_swiftshader.so" ] && return
    say "fetching SwiftShader out of the package chromium-common"
    mkdir -p "$scratch/chromium" "$folder"
    [ -n "$(apt-cache policy chromium-common 2>/dev/null)" ] || apt_get update
    (
        cd "$scratch/chromium" &&
            apt-get -q -o Acquire::Retries=3 -o APT::Sandbox::User=root download chromium-common &&
            dpkg -x chromium-common_*.deb .
    ) || return 1
    find "$scratch/chromium" -name libvk_swiftshader.so -exec cp {} "$folder/" \;
    find "$scratch/chromium" -name vk_swiftshader_icd.json -exec cp {} "$folder/" \;
    rm -rf "$scratch/chromium"
    [ -s "$folder/libvk_swiftshader.so" ] && [ -s "$folder/vk_swiftshader_icd.json" ] || return 1
    # The driver must lie where its description says: beside it.
    grep -q '"library_path": *"\./libvk_swiftshader\.so"' "$folder/vk_swiftshader_icd.json" ||
        sed -i 's|"library_path": *"[^"]*"|"library_path": "./libvk_swiftshader.so"|' "$folder/vk_swiftshader_icd.json"
}

# Both commands build the same thing in the same folder, so neither undoes the other's work. CI refuses warnings.
preset=release
[ -z "${CI:-}" ] || preset=ci

# build FOLDER PRESET [flags of cmake...]
build() {
    local folder=$1 preset=$2
    shift 2
    say "building (folder: $folder)"
    cmake --preset "$preset" "$@" >"$scratch/configure" || { cat "$scratch/configure"; return 1; }
    cmake --build "$folder"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
