/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "output.h"

/*
 * The terminal as a whole: how the bonds and their ports stand, how fast packets go, and below it
 * the latest of what happened, as much as fits. Drawn anew in place each time.
 */
struct view;

/* view_begin() - takes the terminal; NULL without memory */
struct view *view_begin(const struct ctl *ctl);

/* view_end() - gives it back as it was */
struct view *view_end(struct view *v);

/* view_note() - one more line of what happened */
void view_note(struct view *v, const char *line);

/*
 * view_draw() - draws it all
 * @bonds: by name, as daemon_read() gives each
 * @rates: by name, as rates_between() gives each; what is missing is not known yet
 */
void view_draw(struct view *v, const json_t *bonds, const json_t *rates);
