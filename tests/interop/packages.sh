# What tests of browsers and of other implementations share: sourced, with `die` and `work`, the folder for what is
# installed on first use.

packages=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)

# fresh NAME FILE...: whether NAME was installed from just these files.
fresh() { [ "$(cat -- "$work/$1.from" 2>/dev/null)" = "$(cd -- "$packages" && sha256sum -- "${@:2}")" ]; }
installed() { (cd -- "$packages" && sha256sum -- "${@:2}") >"$work/$1.from"; }

install_node() {
    type -P node npm >/dev/null || die 'needs Node.js 20 and npm'
    fresh node package.json package-lock.json && return
    mkdir -p -- "$work/node"
    cp -- "$packages/package.json" "$packages/package-lock.json" "$work/node/"
    (cd -- "$work/node" && timeout 120 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) ||
        die 'installing the Node packages failed'
    installed node package.json package-lock.json
}

find_chromium() {
    CHROMIUM=${CHROMIUM:-$(type -P chromium chromium-browser google-chrome | head -n 1 || true)}
    if [ -z "$CHROMIUM" ] && [ "$(id -u)" = 0 ] && type -P apt-get >/dev/null; then
        printf 'installing chromium\n' >&2
        { timeout 60 apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 180 \
            apt-get install -y -qq --no-install-recommends chromium; } >"$work/chromium.log" 2>&1 ||
            die "installing chromium failed, see $work/chromium.log"
        CHROMIUM=$(type -P chromium || true)
    fi
    [ -n "$CHROMIUM" ] || die 'needs Chromium: install it, or name it in CHROMIUM'
}
