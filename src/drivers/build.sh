#!/bin/bash
# Builds the sample drivers and the drivers that tests use: NAME/*.c -> NAME/NAME.sys and NAME/NAME.pdb (there is a NAME.c among them).
#
#   build.sh [NAME...]            into the drivers' own folders (these files are committed)
#   build.sh --out DIR [NAME...]  into DIR/NAME, leaving the committed files alone
#
# Needs clang-19, lld-19, llvm-19 and mingw-w64-x86-64-dev (Debian's names). The same toolchain gives the same bytes in any folder:
# paths are mapped away, the time stamp and the PDB's GUID are hashes (-brepro).
#
# Beside the source there may be:
#   imports.def   names that mingw-w64's import libraries lack; becomes one more import library
#   flags         more words for the compiler
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

out=
if [ "${1:-}" = --out ]; then
    mkdir -p "$2"; out=$(cd "$2" && pwd); shift 2
fi

sysroot=/usr/x86_64-w64-mingw32
for tool in clang-19 lld-link-19 llvm-dlltool-19; do
    command -v $tool > /dev/null || { echo "build.sh: $tool is missing (apt-get install clang-19 lld-19 llvm-19)" >&2; exit 2; }
done
[ -f $sysroot/include/ddk/wdm.h ] || { echo "build.sh: $sysroot/include/ddk is missing (apt-get install mingw-w64-x86-64-dev)" >&2; exit 2; }

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

# -O1 without inlining or sibling calls: locals stay readable and a stack shows every function that the source has.
# -ffreestanding drops all unwind data unless asked for; -fasync-exceptions makes __try guard loads and stores, not calls only.
cflags=(
    --target=x86_64-w64-mingw32 -std=gnu17 -ffreestanding -fms-extensions
    -O1 -fno-inline -fno-optimize-sibling-calls -fno-strict-aliasing -ffunction-sections
    -fasynchronous-unwind-tables -Xclang -fasync-exceptions -mgeneral-regs-only -fno-stack-protector
    -g -gcodeview -gno-codeview-command-line
    "-ffile-prefix-map=$root=." "-ffile-prefix-map=$sysroot/include=mingw-w64" -fdebug-compilation-dir=.
    -D_WIN64 -D_AMD64_ -D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A000000 -DALLOC_PRAGMA=1
    "-I$root/src/drivers/include" -isystem $sysroot/include/ddk -isystem $sysroot/include
    -Wall -Wextra -Werror -Wno-#warnings -Wno-unused-parameter -Wno-missing-field-initializers
)
ldflags=(
    -lldmingw -driver -subsystem:native,10.0 -entry:DriverEntry -nodefaultlib
    -brepro -debug -opt:ref,noicf -pdbsourcepath:. -section:INIT,ERD -merge:.buildid=.rdata
)

# import_library DEF LIB
import_library() {
    llvm-dlltool-19 -m i386:x86-64 -d "$1" -l "$2"
}

build() {
    local dir=$1 name=${1##*/} target source extra=() objects=() libraries=()
    target=${out:+$out/$name}; target=${target:-$root/$dir}
    mkdir -p "$target"
    [ -f "$dir/flags" ] && read -r -a extra < "$dir/flags"
    if [ -f "$dir/imports.def" ]; then
        import_library "$dir/imports.def" "$temp/$name-imports.lib"
        libraries+=("$name-imports.lib")
    fi
    # Both tools run above the objects, so that the names they write into the PDB are short and the same everywhere.
    mkdir "$temp/$name"
    for source in "$dir"/*.c; do
        source=${source##*/}
        objects+=("$name/${source%.c}.obj")
        (cd "$temp" && clang-19 "${cflags[@]}" "${extra[@]}" -c "$root/$dir/$source" -o "$name/${source%.c}.obj")
    done
    (cd "$temp" && lld-link-19 "${ldflags[@]}" -out:"$name.sys" -pdb:"$name.pdb" -pdbaltpath:"$name.pdb" "${objects[@]}" "${libraries[@]}" \
        newer.lib libntoskrnl.a libhal.a libwmilib.a)
    install -m 644 "$temp/$name.sys" "$temp/$name.pdb" "$target/"
}

import_library src/drivers/include/newer.def "$temp/newer.lib"
cp $sysroot/lib/libntoskrnl.a $sysroot/lib/libhal.a $sysroot/lib/libwmilib.a "$temp/"

built=0
for dir in src/drivers/* tests/fixtures/drivers/*; do
    name=${dir##*/}
    [ -f "$dir/$name.c" ] || continue
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
    build "$dir"
    built=$((built + 1))
done
[ $built -ge $(( $# > 0 ? $# : 1 )) ] || { echo "build.sh: only $built of the $# named drivers exist" >&2; exit 2; }
