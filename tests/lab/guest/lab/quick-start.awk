# SPDX-License-Identifier: LGPL-2.1-or-later
# Prints the commands of one of the blocks in README.md's quick start:
#   awk -v block=N -f quick-start.awk README.md
/^## / { section = $0 }
section != "## Quick start" { next }
/^```sh$/ { n++; inside = 1; next }
/^```/ { inside = 0 }
inside && n == block
