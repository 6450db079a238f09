/* Whose record it is.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sa/record.h"
#include "packet/kind.h"

bool ipsec_record_is_of(const ipsec_record *record, const ipsec_view *view)
{
    return record->offset == view->offset && record->buffer == view->buffer &&
           record->kind == ipsec_header_kind_index[view->protocol] &&
           record->udp == (view->encapsulation == IPSEC_ENCAPSULATION_UDP);
}
