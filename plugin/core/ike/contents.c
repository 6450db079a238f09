/* What an IKE message says, whether the core read it in the clear or a dissector decrypted it. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "ike/contents.h"

#include <stddef.h>

const ipsec_ike_notify *ipsec_ike_notify_of(const ipsec_ike_contents *contents, unsigned type)
{
    for (unsigned i = 0; i < contents->notify_count; i++)
        if (contents->notifies[i].type == type)
            return &contents->notifies[i];
    return NULL;
}
