#!/bin/sh
# Lists the crates in the native library and in the command as CycloneDX documents. The tool writes one beside the Cargo.toml of
# each package of the workspace; the two that are linked into something are kept, without what differs from run to run.
#
# usage: sbom.sh path/to/cargo-cyclonedx folder
set -eu

tool=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
cd "$(dirname "$0")/.."
trap 'rm -f rust/*/betrace-sbom.json' EXIT

SOURCE_DATE_EPOCH=0 "$tool" cyclonedx --quiet --format json --spec-version 1.5 --no-build-deps \
	--target x86_64-unknown-linux-gnu --override-filename betrace-sbom
for one in capi:libbetrace cli:betrace; do
	# A number of this run, and the folder of this machine in the names of our own packages.
	sed -e '/"serialNumber"/d' -e "s|path+file://$PWD/|path+file:///betrace/|g" "rust/${one%%:*}/betrace-sbom.json" >"$folder/${one##*:}.cdx.json"
done
