/* To be preloaded: replaces the random numbers with which Wireshark seeds its hash tables, so that it takes the same
 * number of instructions each time. SPDX-License-Identifier: GPL-2.0-or-later */
#include <gmodule.h>

G_MODULE_EXPORT guint32 g_random_int(void)
{
    return 4303;
}
