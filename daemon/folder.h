/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * folder_sync() - waits until the names in a folder are on the disk: that of a file that was made,
 * renamed or removed is as good as unchanged while its folder is in memory alone (fsync(2))
 *
 * Return: 0; a negative errno.
 */
int folder_sync(const char *path);
