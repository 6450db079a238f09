/* Two peers that speak IKE and send ESP, in a database.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_TESTS_IKE_WORLD_H
#define IPSEC_TESTS_IKE_WORLD_H

#include "ipsec.h"

#define SECOND UINT64_C(1000000000)

enum {
    AES_CBC = 12,
    SHA2_256 = 12,
    REKEY_SA = 16393,
    USE_TRANSPORT_MODE = 16391,
    UPDATE_SA_ADDRESSES = 16400,
    INITIAL_CONTACT = 16384,
    NO_PROPOSAL_CHOSEN = 14
};

/* Two peers: which of them sends, as an index. */
enum {
    A,
    B
};

typedef struct world {
    ipsec_db *db;
    uint8_t at[2][4];
    uint64_t ike[2]; /* SPIs of the IKE SA */
    uint64_t time;
    uint32_t frame;
    uint32_t numbers[16][256]; /* of the next packet, by the highest digit and the lowest octet of the SPI */
} world;

#define CLEAN 88 /* 8, 16 of IV, 48, 16 of ICV */

extern const ipsec_ike_contents nothing;

world begin_world_with(const ipsec_config *config);

world begin_world(void);

void end_world(world *w);

/* Judges a message of `from` as if it had been decrypted. Returns its frame. */
uint32_t tell(world *w, uint8_t exchange, uint32_t id, int from, bool by_initiator, bool is_response,
              const ipsec_ike_contents *what);

/* The same, with A as the initiator of the IKE SA. */
uint32_t say(world *w, uint8_t exchange, uint32_t id, int from, bool is_response, const ipsec_ike_contents *what);

ipsec_ike_contents proposing(uint32_t spi);

ipsec_ike_contents noting(ipsec_ike_contents contents, uint16_t type, uint32_t spi);

ipsec_ike_contents deleting(uint32_t spi);

/* IKE_AUTH of A, after which A receives on SPI `to_a` and B on `to_b`. */
void set_up(world *w, uint32_t to_a, uint32_t to_b);

/* Judges an ESP packet of `length` octets; explaining it gives the same, except for sa.early while there is no answer.
 */
ipsec_report esp(world *w, int from, uint32_t spi, size_t length);

bool report_has(const ipsec_report *report, ipsec_finding_id id);

/* Whether a packet has the finding. */
bool shows(world *w, int from, uint32_t spi, size_t length, ipsec_finding_id id);

void expect_clean(world *w, int from, uint32_t spi);

ipsec_sa_summary summary_of(const world *w, const ipsec_report *report);

ipsec_sa_ike ike_of(const world *w, const ipsec_report *report);

#endif
