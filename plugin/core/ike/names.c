/* Names of notifies of IKE, and of the IKE errors of Windows. SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/names.h"

#include <glib.h>
#include <stddef.h>

static const ipsec_ike_name codes[] = {
#define WINDOWS_IKE(code, name) {code, name},
#include "ike/windows.def"
#undef WINDOWS_IKE
};

/* Notifies without a row in notify.def, because they report no trouble or have a meaning of their own. */
#define OTHERS {12345, "MS_NOTIFY_STATUS"}, {16388, "NAT_DETECTION_SOURCE_IP"}, {16389, "NAT_DETECTION_DESTINATION_IP"},

#define V1(number, name)
#define V2(number, name) {number, name},
static const ipsec_ike_name v2[] = {
#define NOTIFY(version, number, name, finding, windows) V##version(number, name)
#include "ike/notify.def"
    OTHERS
#undef V1
#undef V2
};

#define V1(number, name) {number, name},
#define V2(number, name)
static const ipsec_ike_name v1[] = {
#include "ike/notify.def"
    OTHERS
#undef NOTIFY
};
#undef V1
#undef V2

G_STATIC_ASSERT(sizeof v2 / sizeof v2[0] == IPSEC_IKE_NOTIFY_COUNT);
G_STATIC_ASSERT(sizeof codes / sizeof codes[0] == IPSEC_IKE_WINDOWS_COUNT);

static const char *find(const ipsec_ike_name *names, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}

const char *ipsec_ike_notify_name(uint8_t version, uint16_t number)
{
    return version == 1 ? find(v1, sizeof v1 / sizeof v1[0], number) : find(v2, sizeof v2 / sizeof v2[0], number);
}

const ipsec_ike_name *ipsec_ike_notify_row(unsigned index)
{
    return index < sizeof v2 / sizeof v2[0] ? &v2[index] : NULL;
}

const ipsec_ike_name *ipsec_ike_windows_row(unsigned index)
{
    return index < sizeof codes / sizeof codes[0] ? &codes[index] : NULL;
}

const char *ipsec_ike_windows_name(uint32_t code)
{
    return find(codes, sizeof codes / sizeof codes[0], code);
}
