# SPDX-License-Identifier: LGPL-2.1-or-later
# man-example.awk -v n=N PAGE: the N-th example in the section EXAMPLES of a manual page, as people
# see it.
/^\.Sh/ { section = $2 }
section != "EXAMPLES" { next }
/^\.Bd/ { i++; inside = i == n; next }
/^\.Ed/ { inside = 0 }
inside { gsub(/\\e/, "\\"); print }
