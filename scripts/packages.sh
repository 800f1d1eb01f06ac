# shellcheck shell=bash
# Debian packages that a script needs; sourced by scripts that define `say` and `refuse`.

# Installs Debian packages by name when root, and otherwise names them.
need_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        refuse "these Debian packages are missing: ${missing[*]}" \
            "install them (apt-get install --no-install-recommends ${missing[*]}) and run scripts/${0##*/} again"
    fi
    say "installing Debian packages: ${missing[*]}"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >&2 ||
        refuse "apt-get could not install ${missing[*]}" \
            "look at its message above; the packages must be in the enabled Debian suites"
}
