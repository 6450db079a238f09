/* Notifies that report trouble.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/notify.h"
#include "base/octets.h"

#include <stddef.h>

/* From here on a notify is a status, not an error (RFC 7296 3.10.1; RFC 2408 3.14.1). */
#define STATUS_FIRST 16384u

typedef struct row {
    uint8_t version;
    uint16_t number;
    ipsec_finding_id finding;
    uint16_t windows;
} row;

static const row rows[] = {
#define NOTIFY(version, number, name, finding, windows) {version, number, IPSEC_FINDING_##finding, windows},
#include "ike/notify.def"
#undef NOTIFY
};

static const row *find(uint8_t version, uint16_t number)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].version == version && rows[i].number == number)
            return &rows[i];
    return NULL;
}

/* Its data is in network byte order; 0 means that all is well. Data of another length is ignored. */
static bool read_status(const ipsec_ike_notify *notify, ipsec_ike_meaning *meaning)
{
    const uint32_t code = notify->length == 4 ? ipsec_read_u32(notify->data) : 0;

    *meaning = (ipsec_ike_meaning){.finding = IPSEC_FINDING_IKE_MS_STATUS, .windows = code};
    return code != 0;
}

bool ipsec_ike_meaning_of(uint8_t version, const ipsec_ike_notify *notify, ipsec_ike_meaning *meaning)
{
    const row *known;

    if (notify->type == IPSEC_IKE_MS_STATUS)
        return read_status(notify, meaning);
    known = find(version, notify->type);
    if (!known && (notify->type == 0 || notify->type >= STATUS_FIRST))
        return false;
    *meaning = (ipsec_ike_meaning){.finding = known ? known->finding : IPSEC_FINDING_IKE_PEER_ERROR,
                                   .windows = known ? known->windows : 0,
                                   .inferred = known && known->windows != 0};
    return true;
}
