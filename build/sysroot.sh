#!/usr/bin/env bash
# Makes the hermetic sysroot that everything is compiled and linked against.
#
# apt, with a private root of its own and the system's Debian keyring, resolves the packages below from Debian
# forky; signatures are checked. dpkg-deb unpacks them under DIR, and DIR.lock records the versions used. The
# system's own packages are neither read nor changed.
#
#   build/sysroot.sh DIR
#
# VERGE_DEBIAN_MIRROR  where to download from; by default the mirror that this machine's apt already uses
# VERGE_DEB_CACHE      a folder of .deb files to fall back on when a download fails (a warning says so)
set -euo pipefail

suite=forky
packages=(
  libnode-dev libllhttp-dev libuv1-dev libc-ares-dev libssl-dev libsqlite3-dev zlib1g-dev libbrotli-dev libzstd-dev libnghttp2-dev
  libada-url-dev libsimdutf-dev libicu-dev libtomlplusplus-dev
  libc6-dev libstdc++-15-dev libgtest-dev googletest libbenchmark-dev esbuild
)

say() { printf '\033[2m[sysroot]\033[0m %s\n' "$*" >&2; }
die() { printf 'sysroot: %s\n' "$*" >&2; exit 1; }

[ $# -eq 1 ] || die "usage: build/sysroot.sh DIR"
mkdir -p "$1"
root=$(cd "$1" && pwd)
arch=$(dpkg --print-architecture)
case $arch in
  amd64 | arm64) ;;
  *) die "Debian architecture '$arch' is not supported; amd64 and arm64 are" ;;
esac

# What is there already is kept for as long as this recipe does not change.
recipe=$({ echo "$suite $arch ${packages[*]}"; cat "$0"; } | sha256sum | cut -d' ' -f1)
[ "$(cat "$root/.recipe" 2>/dev/null)" = "$recipe" ] && exit 0

# The archive's address comes from the machine's own apt configuration.
mirror() {
  [ -n "${VERGE_DEBIAN_MIRROR:-}" ] && { echo "$VERGE_DEBIAN_MIRROR"; return; }
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null \
    | awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }'
}

# rm is confined to what this script itself made.
rm -rf "$root" && mkdir -p "$root"
apt_root=$root.apt
cache=${XDG_CACHE_HOME:-$HOME/.cache}/verge/debs-$arch
mkdir -p "$apt_root"/{etc/preferences.d,state/lists/partial,cache,nothing/partial} "$cache/partial"
: >"$apt_root/status"

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || die "no Debian keyring at $keyring; install the package debian-archive-keyring"

uri=$(mirror)
if [ -n "$uri" ]; then
  echo "deb [signed-by=$keyring arch=$arch] $uri $suite main" >"$apt_root/sources.list"
else
  die "this machine's apt names no Debian mirror; run 'apt-get update', or set VERGE_DEBIAN_MIRROR=<address of a Debian mirror>"
fi

# The suite is a moving one and mirrors can be late with its metadata: the expiry date is not checked, signatures are.
apt_options=(
  -o Dir="$apt_root" -o Dir::Etc="$apt_root/etc" -o Dir::Etc::sourcelist="$apt_root/sources.list" -o Dir::Etc::sourceparts=-
  -o Dir::State="$apt_root/state" -o Dir::State::status="$apt_root/status"
  -o Dir::Cache="$apt_root/cache" -o Dir::Cache::archives="$cache" -o Dir::Etc::trusted="$keyring"
  -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Install-Recommends=false -o APT::Sandbox::User=root
  -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o Acquire::Retries=3 -o Debug::NoLocking=true -qq
)

fallback() { [ -n "${VERGE_DEB_CACHE:-}" ] && [ -d "$VERGE_DEB_CACHE" ]; }

debs=()
say "resolving ${#packages[@]} packages of Debian $suite"
# The list is made with an empty cache: apt leaves out what is downloaded already.
if apt-get "${apt_options[@]}" update &&
  list=$(apt-get "${apt_options[@]}" -o Dir::Cache::archives="$apt_root/nothing" install -y --print-uris "${packages[@]}") &&
  [ -n "$list" ]; then
  say "downloading $(wc -l <<<"$list") packages into $cache"
  apt-get "${apt_options[@]}" install -y --download-only "${packages[@]}" >/dev/null || true
  while read -r _ file _; do
    if [ -f "$cache/$file" ]; then
      debs+=("$cache/$file")
    elif fallback && older=$(ls "$VERGE_DEB_CACHE/${file%%_*}"_*.deb 2>/dev/null | head -n 1) && [ -n "$older" ]; then
      say "WARNING: $file could not be downloaded; using $(basename "$older") from VERGE_DEB_CACHE"
      debs+=("$older")
    else
      die "cannot download $file; check the network, or set VERGE_DEB_CACHE to a folder that has it"
    fi
  done <<<"$list"
elif fallback; then
  say "WARNING: the Debian mirror cannot be used; taking every package in VERGE_DEB_CACHE=$VERGE_DEB_CACHE"
  debs=("$VERGE_DEB_CACHE"/*.deb)
else
  die "cannot read Debian $suite from $uri; check the network, or set VERGE_DEBIAN_MIRROR, or VERGE_DEB_CACHE to a folder of .deb files"
fi

# Debian's merged /usr: packages that still ship /lib end up in /usr/lib.
mkdir -p "$root/usr/lib" "$root/usr/lib64" "$root/usr/bin" "$root/usr/sbin"
for name in lib lib64 bin sbin; do ln -sfn "usr/$name" "$root/$name"; done
say "unpacking ${#debs[@]} packages"
for deb in "${debs[@]}"; do
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink --no-same-owner
done

# V8's debugger interface is exported by libnode, but its header is only in the source of the same package.
inspector_header=usr/include/node/v8-inspector.h
sources=$cache/sources
mkdir -p "$sources"
node_version=$(for deb in "${debs[@]}"; do dpkg-deb -W --showformat '${Package} ${source:Upstream-Version}\n' "$deb"; done | sed -n 's/^libnode-dev //p')
tarball=$sources/nodejs_$node_version.orig.tar.xz
if [ ! -f "$tarball" ] && [ -n "${uri:-}" ]; then
  say "downloading the source of nodejs $node_version, for one header"
  echo "deb-src [signed-by=$keyring] $uri $suite main" >>"$apt_root/sources.list"
  (cd "$sources" && apt-get "${apt_options[@]}" update && apt-get "${apt_options[@]}" source --download-only --tar-only nodejs) || true
fi
if [ -f "$tarball" ]; then
  tar -xJf "$tarball" -O --wildcards '*/deps/v8/include/v8-inspector.h' >"$root/$inspector_header.part"
  mv "$root/$inspector_header.part" "$root/$inspector_header"
elif fallback; then
  say "WARNING: no source of nodejs $node_version: what is built has no debugger (verge dev --inspector-port)"
else
  die "cannot download the source of nodejs $node_version from $uri (wanted for v8-inspector.h); check the network"
fi

for deb in "${debs[@]}"; do dpkg-deb -W --showformat '${Package} ${Version}\n' "$deb"; done | sort >"$root.lock"
rm -rf "$apt_root"
echo "$recipe" >"$root/.recipe"
say "ready: $(wc -l <"$root.lock") packages, listed in $root.lock"
