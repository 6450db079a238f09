/* The output of `ip xfrm state`. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "packet/view.h"
#include "keys/xfrm_state.h"

#include <glib.h>
#include <string.h>

#define KEY_16 "0x000102030405060708090a0b0c0d0e0f"
#define KEY_20 KEY_16 "10111213"
#define KEY_32 KEY_16 "101112131415161718191a1b1c1d1e1f"

/* The beginning of most blocks. */
#define ADDRESSES "src 192.0.2.1 dst 192.0.2.2\n"
#define ESP       ADDRESSES "\tproto esp spi 0x00001001 reqid 1 mode transport\n\treplay-window 32 \n"
#define AH        ADDRESSES "\tproto ah spi 0x00001003 reqid 1 mode transport\n\treplay-window 32 \n"
#define GCM       "\taead rfc4106(gcm(aes)) " KEY_20 " 128\n"
#define SELECTOR  "\tsel src 0.0.0.0/0 dst 0.0.0.0/0 \n"

enum {
    MOST = 8
};

/* The result of reading a text. */
typedef struct result {
    unsigned rows, errors;
    ipsec_key_row row[MOST];
    ipsec_key_row_error error[MOST];
    uint32_t line[MOST]; /* of the errors */
} result;

static void add_row(ipsec_key_row *spec, void *context)
{
    result *const result = context;

    g_assert_cmpuint(result->rows, <, MOST);
    g_assert_nonnull(spec->integrity);
    g_assert_cmpuint(spec->origin, ==, IPSEC_ORIGIN_XFRM);
    g_assert_false(spec->match_source);
    result->row[result->rows++] = *spec;
}

static void add_error(uint32_t line, const ipsec_key_row_error *error, void *context)
{
    result *const result = context;

    g_assert_cmpuint(result->errors, <, MOST);
    result->line[result->errors] = line;
    result->error[result->errors++] = *error;
}

static void read_octets(const char *text, size_t length, result *result)
{
    const ipsec_xfrm_calls calls = {.row = add_row, .error = add_error, .context = result};
    const char *const guarded = (const char *)guard_copy((const uint8_t *)text, length);

    memset(result, 0, sizeof *result);
    g_assert_cmpuint(ipsec_xfrm_state_read(guarded, length, &calls), ==, result->rows);
    guard_free_all();
}

static void read_text(const char *text, result *result)
{
    read_octets(text, strlen(text), result);
}

/* Reads a text with one SA and without errors. */
static ipsec_key_row read_one(const char *text)
{
    result result;

    read_text(text, &result);
    if (result.errors)
        g_test_message("%s: %s", result.error[0].column, result.error[0].reason);
    g_assert_cmpuint(result.errors, ==, 0);
    g_assert_cmpuint(result.rows, ==, 1);
    return result.row[0];
}

static const char real_dump[] = "src 10.9.0.2 dst 10.9.0.1\n"
                                "\tproto ah spi 0xb000010a reqid 1 mode transport\n"
                                "\treplay-window 0 flag esn\n"
                                "\tauth-trunc hmac(sha1) 0x36fed0948628cd2402cad19364896f7bbbcfffcf 96\n"
                                "\tanti-replay esn context:\n"
                                "\t seq-hi 0x7, seq 0x11, oseq-hi 0x0, oseq 0x0\n"
                                "\t replay_window 64, bitmap-length 2\n"
                                "\t 00000000 0001ffff \n"
                                "\tsel src 0.0.0.0/0 dst 0.0.0.0/0 \n"
                                "src fd00::1 dst fd00::2\n"
                                "\tproto esp spi 0xa0000107 reqid 1 mode beet\n"
                                "\treplay-window 32 flag af-unspec\n"
                                "\taead rfc4106(gcm(aes)) 0x0f1e2d3c4b5a69788796a5b4c3d2e1f001020304 128\n"
                                "\tencap type espinudp sport 4500 dport 4500 addr ::\n"
                                "\tanti-replay context: seq 0x11, oseq 0x0, bitmap 0x0001ffff\n"
                                "\tsel src 10.9.1.1/32 dst 10.9.1.2/32 \n"
                                "src 10.9.0.1 dst 10.9.0.2\n"
                                "\tproto comp spi 0x0000c0de reqid 1 mode tunnel\n"
                                "\treplay-window 0 flag af-unspec\n"
                                "\tcomp deflate \n"
                                "\tanti-replay context: seq 0x0, oseq 0x0, bitmap 0x00000000\n"
                                "\tsel src 0.0.0.0/0 dst 0.0.0.0/0 \n"
                                "src 10.9.0.1 dst 10.9.0.2\n"
                                "\tproto 4 spi 0x0a090001 reqid 0 mode tunnel\n"
                                "\treplay-window 0 flag af-unspec\n"
                                "\tanti-replay context: seq 0x0, oseq 0x0, bitmap 0x00000000\n";

static void assert_real_ah(const ipsec_key_row *spec)
{
    const uint8_t source[4] = {10, 9, 0, 2}, destination[4] = {10, 9, 0, 1};

    g_assert_cmpuint(spec->line, ==, 1);
    g_assert_cmpuint(spec->protocol, ==, IPSEC_PROTOCOL_AH);
    g_assert_cmphex(spec->spi, ==, 0xb000010a);
    g_assert_cmphex(spec->spi_mask, ==, UINT32_MAX);
    g_assert_true(ipsec_address_in_range(&spec->source, source, 4));
    g_assert_true(ipsec_address_in_range(&spec->destination, destination, 4));
    g_assert_false(ipsec_address_in_range(&spec->destination, source, 4));
    g_assert_cmpuint(spec->mode, ==, IPSEC_MODE_TRANSPORT);
    g_assert_cmpuint(spec->esn, ==, IPSEC_ESN_YES);
    g_assert_true(spec->high_count == 2 && spec->highs[0] == 7 && spec->highs[1] == 0);
    g_assert_cmpuint(spec->replay_window, ==, 64); /* that of the context */
    g_assert_cmpstr(spec->integrity->name, ==, "HMAC_SHA1_96");
    g_assert_cmpuint(spec->integrity_key_length, ==, 20);
    g_assert_cmphex(spec->integrity_key[0], ==, 0x36);
    g_assert_cmphex(spec->integrity_key[19], ==, 0xcf);
    g_assert_cmpuint(spec->encapsulation, ==, IPSEC_ENCAP_NONE);
    g_assert_true(spec->has_keys && !spec->encryption && !spec->align4);
    g_assert_true(spec->hard_bytes == UINT64_MAX && spec->hard_packets == UINT64_MAX);
}

static void assert_real_esp(const ipsec_key_row *spec)
{
    const uint8_t inner[4] = {10, 9, 1, 1};

    g_assert_cmpuint(spec->line, ==, 10);
    g_assert_cmpuint(spec->protocol, ==, IPSEC_PROTOCOL_ESP);
    g_assert_cmpuint(spec->destination.length, ==, 16);
    g_assert_cmpuint(spec->mode, ==, IPSEC_MODE_BEET);
    g_assert_cmpuint(spec->esn, ==, IPSEC_ESN_NO);
    g_assert_cmpuint(spec->replay_window, ==, 32);
    g_assert_cmpuint(spec->high_count, ==, 0);
    g_assert_cmpuint(spec->encapsulation, ==, IPSEC_ENCAP_UDP);
    g_assert_cmpstr(spec->encryption->name, ==, "AES_GCM_16");
    g_assert_cmpuint(spec->encryption_key_length, ==, 20);
    g_assert_cmphex(spec->encryption_key[19], ==, 4);
    g_assert_cmpstr(spec->integrity->name, ==, "NONE");
    g_assert_true(spec->selector.present && spec->selector.any_protocol);
    g_assert_true(ipsec_address_in_range(&spec->selector.source, inner, 4));
    g_assert_cmphex(spec->selector.source_port_mask, ==, 0);
}

static void test_real_dump(void)
{
    result result;

    read_text(real_dump, &result);
    g_assert_cmpuint(result.rows, ==, 2);
    g_assert_cmpuint(result.errors, ==, 0);
    assert_real_ah(&result.row[0]);
    assert_real_esp(&result.row[1]);
}

/* Several dumps, appended to one file. */
static void test_several_dumps(void)
{
    char *twice = g_strconcat(real_dump, "\n\n", real_dump, NULL);
    result result;

    read_text(twice, &result);
    g_assert_cmpuint(result.rows, ==, 4);
    g_assert_cmpuint(result.row[2].line, ==, 29);
    g_free(twice);
}

/* Carriage returns, zeros, no indentation, no newline at the end: what may happen to a file on its way. */
static void test_mangled_dumps(void)
{
    GString *text = g_string_new(NULL);
    result result;

    for (const char *p = real_dump; *p; p++) {
        if (*p == '\n')
            g_string_append(text, "  \r");
        g_string_append_c(text, *p == '\t' ? '\0' : *p);
    }
    read_octets(text->str, text->len - 1, &result);
    g_assert_cmpuint(result.rows, ==, 2);
    g_assert_cmpuint(result.errors, ==, 0);
    assert_real_ah(&result.row[0]);
    assert_real_esp(&result.row[1]);
    g_string_free(text, TRUE);
}

/* Wherever a dump is cut, the rest is read, and nothing beyond. */
static void test_every_length(void)
{
    for (size_t length = 0; length < sizeof real_dump; length++) {
        result result;

        read_octets(real_dump, length, &result);
        g_assert_cmpuint(result.rows, <=, 2);
        g_assert_cmpuint(result.errors, <=, 1);
    }
}

static const char statistics[] =
    "src 192.0.2.1 dst 192.0.2.2\n"
    "\tproto esp spi 0x00001001(4097) reqid 7(0x00000007) mode tunnel\n"
    "\treplay-window 32 seq 0x00000000 flag noecn esn align4 extra_flag oseq-may-wrap (0x10000000)\n"
    "\tmark 0x2a/0xff output-mark 0x7\n"
    "\tauth-trunc hmac(sha256) " KEY_32 " (256 bits) 128\n"
    "\tenc cbc(aes) " KEY_16 " (128 bits)\n"
    "\tencap type espintcp sport 4500 dport 4500 addr 0.0.0.0\n"
    "\tcoa ::\n"
    "\tlastused 2026-11-23 19:42:11\n"
    "\tanti-replay esn context:\n"
    "\t seq-hi 0x1, seq 0x11, oseq-hi 0x1, oseq 0x0\n"
    "\t replay_window 128, bitmap-length 4\n"
    "\t 00000000 00000000 00000000 0001ffff \n"
    "\tcrypto offload parameters: dev eth0 dir in mode packet\n"
    "\tif_id 0x10\n"
    "\ttfcpad 0\n"
    "\tdir in\n"
    "\tsel src 192.0.2.1/32 dst 198.51.100.0/24 proto udp sport 500 dport 4500 dev eth0 uid 0\n"
    "\tlifetime config:\n"
    "\t  limit: soft 1000(bytes), hard 5000000000(bytes)\n"
    "\t  limit: soft 1000(packets), hard 2000(packets)\n"
    "\t  expire add: soft 0(sec), hard 30(sec)\n"
    "\t  expire use: soft 0(sec), hard 0(sec)\n"
    "\tlifetime current:\n"
    "\t  0(bytes), 0(packets)\n"
    "\t  add 2026-11-23 19:42:11 use -\n"
    "\tstats:\n"
    "\t  replay-window 5 replay 6 failed 7\n"
    "\tsecurity context system_u:object_r:ipsec_spd_t:s0 \n";

static void assert_statistics(const ipsec_key_row *spec)
{
    g_assert_cmphex(spec->spi, ==, 0x1001);
    g_assert_cmpuint(spec->esn, ==, IPSEC_ESN_YES);
    g_assert_true(spec->align4);
    g_assert_cmpuint(spec->replay_window, ==, 128);
    g_assert_true(spec->high_count == 1 && spec->highs[0] == 1);
    g_assert_cmpuint(spec->encapsulation, ==, IPSEC_ENCAP_TCP);
    g_assert_cmpstr(spec->integrity->name, ==, "HMAC_SHA2_256_128");
    g_assert_cmpuint(spec->encryption_key_length, ==, 16);
    g_assert_true(spec->hard_bytes == 5000000000 && spec->hard_packets == 2000);
    g_assert_true(spec->selector.present && !spec->selector.any_protocol);
    g_assert_cmpuint(spec->selector.protocol, ==, 17);
    g_assert_cmpuint(spec->selector.source_port, ==, 500);
    g_assert_cmphex(spec->selector.source_port_mask, ==, 0xffff);
    g_assert_cmpuint(spec->selector.destination_port, ==, 4500);
    g_assert_true(spec->offload);
}

static void test_statistics(void)
{
    const ipsec_key_row spec = read_one(statistics);

    assert_statistics(&spec);
}

/* `ip -o`: the lines of an SA are joined. */
static void test_one_line(void)
{
    char *text = g_strdelimit(g_strdup(statistics), "\n", '\\');
    char *two = g_strconcat(text, "\n", text, "\n", NULL);
    result result;

    read_text(two, &result);
    g_assert_cmpuint(result.rows, ==, 2);
    assert_statistics(&result.row[0]);
    assert_statistics(&result.row[1]);
    g_assert_cmpuint(result.row[1].line, ==, 2);
    g_free(two);
    g_free(text);
}

static void test_hidden_keys(void)
{
    static const char *const texts[] = {
        ESP "\tauth-trunc hmac(sha256) <<Keys hidden>> 128\n\tenc cbc(aes) <<Keys hidden>>\n" SELECTOR,
        ESP "\tauth-trunc hmac(sha256)  128\n\tenc cbc(aes) \n",
        ESP "\tauth-trunc hmac(sha256) " KEY_32 " 128\n\tenc cbc(aes) 0x\n",
        ESP "\tauth-trunc hmac(sha256) (ERROR truncated) 128\n\tenc cbc(aes) " KEY_16 "\n",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        const ipsec_key_row spec = read_one(texts[i]);

        g_assert_false(spec.has_keys);
        g_assert_cmpstr(spec.encryption->name, ==, "AES_CBC");
        g_assert_cmpstr(spec.integrity->name, ==, "HMAC_SHA2_256_128");
        g_assert_true(spec.encryption_key_length == 0 && spec.integrity_key_length == 0);
    }
}

/* The names that iproute2 prints; if no length follows, the kernel's default applies. */
static void test_algorithms(void)
{
    static const struct {
        const char *lines, *encryption, *integrity;
    } samples[] = {
        {"\taead rfc4106(gcm(aes)) " KEY_20 " 64", "AES_GCM_8", "NONE"},
        {"\taead 'rfc4106(gcm(aes))' " KEY_20 " 96", "AES_GCM_12", "NONE"},
        {"\taead \"rfc4309(ccm(aes))\" " KEY_16 "000000 128", "AES_CCM_16", "NONE"},
        {"\taead rfc4543(gcm(aes)) " KEY_20 " (160 bits) 128", "NULL_AUTH_AES_GMAC", "NONE"},
        {"\taead rfc7539esp(chacha20,poly1305) " KEY_32 "00000000 128", "CHACHA20_POLY1305", "NONE"},
        {"\tauth hmac(md5) " KEY_16 "\n\tenc cbc(des3_ede) " KEY_16 "0001020304050607", "3DES", "HMAC_MD5_96"},
        {"\tauth hmac(sha256) " KEY_32 "\n\tenc cbc(aes) " KEY_16, "AES_CBC", "HMAC_SHA2_256_96"},
        {"\tauth-trunc xcbc(aes) " KEY_16 " 96\n\tenc rfc3686(ctr(aes)) " KEY_20, "AES_CTR", "AES_XCBC_96"},
        {"\tauth-trunc cmac(aes) " KEY_16 " 96\n\tenc ecb(cipher_null) ", "NULL", "AES_CMAC_96"},
        {"\tauth-trunc hmac(sha1) " KEY_20 " 96\n\tenc ecb(cipher_null) 0x", "NULL", "HMAC_SHA1_96"},
        {"\tauth digest_null 0x\n\tenc cbc(twofish) " KEY_16, "TWOFISH", "NONE"},
        {"\tenc cbc(aes) " KEY_16, "AES_CBC", "NONE"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(samples); i++) {
        char *text = g_strconcat(ESP, samples[i].lines, "\n" SELECTOR, NULL);
        const ipsec_key_row spec = read_one(text);

        g_assert_cmpstr(spec.encryption->name, ==, samples[i].encryption);
        g_assert_cmpstr(spec.integrity->name, ==, samples[i].integrity);
        g_assert_true(spec.has_keys);
        g_free(text);
    }
}

static void test_modes(void)
{
    static const struct {
        const char *text;
        ipsec_mode mode;
    } samples[] = {
        {"transport", IPSEC_MODE_TRANSPORT}, {"tunnel", IPSEC_MODE_TUNNEL}, {"beet", IPSEC_MODE_BEET},
        {"iptfs", IPSEC_MODE_IPTFS},         {"5", IPSEC_MODE_IPTFS},       {"ro", IPSEC_MODE_ANY},
        {"in_trigger", IPSEC_MODE_ANY},      {"", IPSEC_MODE_ANY},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(samples); i++) {
        char *text = g_strconcat(ADDRESSES "\tproto esp spi 0x00001001 reqid 1 mode ", samples[i].text, "\n" GCM, NULL);

        g_assert_cmpuint(read_one(text).mode, ==, samples[i].mode);
        g_free(text);
    }
}

static void test_encapsulations(void)
{
    static const struct {
        const char *text;
        ipsec_encap_mode mode;
    } samples[] = {
        {"", IPSEC_ENCAP_NONE},
        {"\tencap type espinudp sport 4500 dport 4500 addr 0.0.0.0", IPSEC_ENCAP_UDP},
        {"\tencap type espinudp-nonike sport 500 dport 500 addr 0.0.0.0", IPSEC_ENCAP_UDP},
        {"\tencap type espintcp sport 4500 dport 4500 addr ::", IPSEC_ENCAP_TCP},
        {"\tencap type 7 sport 4500 dport 4500 addr ::", IPSEC_ENCAP_TCP},
        {"\tencap type 9 sport 4500 dport 4500 addr ::", IPSEC_ENCAP_ANY},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(samples); i++) {
        char *text = g_strconcat(ESP GCM, samples[i].text, NULL);

        g_assert_cmpuint(read_one(text).encapsulation, ==, samples[i].mode);
        g_free(text);
    }
}

static void test_ports(void)
{
    const ipsec_key_row spec = read_one(ESP GCM "\tencap type espinudp sport 1024 dport 65535 addr 0.0.0.0");
    const ipsec_key_row bad = read_one(ESP GCM "\tencap type espinudp sport 65536 dport x addr 0.0.0.0");
    const ipsec_key_row none = read_one(ESP GCM);

    g_assert_cmpuint(spec.source_port, ==, 1024);
    g_assert_cmpuint(spec.destination_port, ==, 65535);
    g_assert_cmpuint(bad.source_port + bad.destination_port + none.source_port + none.destination_port, ==, 0);
}

/* Flags by name, or in hex from an iproute2 that has no name for them. */
static void test_flags(void)
{
    static const struct {
        const char *text;
        bool esn, align4;
        uint32_t window;
    } samples[] = {
        {"replay-window 16 ", false, false, 16},
        {"replay-window 0 flag esn", true, false, IPSEC_REPLAY_WINDOW_UNKNOWN},
        {"replay-window 32 flag noecn align4", false, true, 32},
        {"replay-window 32 flag af-unspec 80", true, false, IPSEC_REPLAY_WINDOW_UNKNOWN},
        {"replay-window 32 flag c0", true, true, IPSEC_REPLAY_WINDOW_UNKNOWN},
        {"replay-window 32 flag zz icmp nopmtudisc wildrecv decap-dscp", false, false, 32},
        {"replay-window 32 seq 0x00000000 flag  extra_flag 80 (0x00000000)", false, false, 32},
        {"replay-window many", false, false, IPSEC_REPLAY_WINDOW_UNKNOWN},
        {"", false, false, IPSEC_REPLAY_WINDOW_UNKNOWN},
        /* A window above 32 is printed with the context of ESN even without ESN. */
        {"replay-window 0 \n\tanti-replay esn context:\n\t seq-hi 0x0, seq 0x1, oseq-hi 0x0, oseq 0x0\n"
         "\t replay_window 64, bitmap-length 2",
         false, false, 64},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(samples); i++) {
        char *text = g_strconcat(ADDRESSES "\tproto esp spi 0x00001001 reqid 1 mode tunnel\n\t", samples[i].text,
                                 "\n" GCM, NULL);
        const ipsec_key_row spec = read_one(text);

        g_assert_cmpuint(spec.esn, ==, samples[i].esn ? IPSEC_ESN_YES : IPSEC_ESN_NO);
        g_assert_cmpint(spec.align4, ==, samples[i].align4);
        g_assert_cmpuint(spec.replay_window, ==, samples[i].window);
        g_assert_cmpuint(spec.high_count, ==, 0);
        g_free(text);
    }
}

#define SENT     "\tanti-replay context: seq 0x0, oseq 0x1f, bitmap 0x00000000\n"
#define RECEIVED "\tanti-replay context: seq 0x11, oseq 0x0, bitmap 0x0001ffff\n"
#define UNUSED   "\tanti-replay context: seq 0x0, oseq 0x0, bitmap 0x00000000\n"
#define ESN_CONTEXT(numbers, window)                                                                                   \
    "\treplay-window 0 flag esn\n" GCM "\tanti-replay esn context:\n\t " numbers "\n\t replay_window " window          \
    ", bitmap-length 1\n\t 00000000 \n"

/* The window that the sender's host prints for an SA says nothing about the receiver's. */
static void test_window_of_the_sender(void)
{
    enum {
        UNKNOWN = IPSEC_REPLAY_WINDOW_UNKNOWN
    };
    static const struct {
        const char *text;
        uint32_t window;
    } samples[] = {
        {"\treplay-window 0 \n" GCM SENT, UNKNOWN},
        {"\treplay-window 32 \n" GCM SENT, 32}, /* older IKE daemons set it at both ends */
        {"\treplay-window 32 \n" GCM RECEIVED, 32},
        {"\treplay-window 0 \n" GCM RECEIVED, 0},
        {"\treplay-window 0 \n" GCM UNUSED, 0},
        {"\treplay-window 0 \n" GCM "\tanti-replay context: seq 0x5, oseq 0x5, bitmap 0x00000000\n", 0},
        {"\treplay-window 0 \n" GCM "\tanti-replay context: seq 0x0, oseq many, bitmap 0x00000000\n", 0},
        {"\treplay-window 0 \n" GCM "\tanti-replay context: seq 0x0, oseq", 0},
        {"\treplay-window 0 \n" GCM, 0},
        {"\treplay-window 0 \n" GCM UNUSED "\tdir out\n", UNKNOWN},
        {"\treplay-window 0 \n" GCM UNUSED "\tdir in\n", 0},
        {"\treplay-window 32 \n" GCM UNUSED "\tdir out\n", 32},
        {"\treplay-window 0 \n" GCM UNUSED "\tcrypto offload parameters: dev eth0 dir out mode packet\n", UNKNOWN},
        {"\treplay-window 0 \n" GCM UNUSED "\tcrypto offload parameters: dev eth0 dir in\n", 0},
        {ESN_CONTEXT("seq-hi 0x0, seq 0x0, oseq-hi 0x0, oseq 0x2", "0"), UNKNOWN},
        {ESN_CONTEXT("seq-hi 0x0, seq 0x0, oseq-hi 0x1, oseq 0x0", "0"), UNKNOWN},
        {ESN_CONTEXT("seq-hi 0x0, seq 0x0, oseq-hi 0x0, oseq 0x2", "1"), UNKNOWN},
        {ESN_CONTEXT("seq-hi 0x0, seq 0x2, oseq-hi 0x0, oseq 0x2", "1"), 1},
        {ESN_CONTEXT("seq-hi 0x0, seq 0x0, oseq-hi 0x0, oseq 0x2", "32"), 32},
        {ESN_CONTEXT("seq-hi 0x0, seq 0x2, oseq-hi 0x0, oseq 0x0", "0"), 0},
        {ESN_CONTEXT("seq-hi 0x1, seq 0x0, oseq-hi 0x0, oseq 0x2", "0"), 0},
        {ESN_CONTEXT("seq-hi 0x0, seq 0x0, oseq-hi 0x0, oseq 0x0", "0"), 0},
        {ESN_CONTEXT("seq-hi 0x0, seq 0x0, oseq-hi 0x0, oseq 0x0", "0") "\tdir out\n", UNKNOWN},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(samples); i++) {
        char *one =
            g_strconcat(ADDRESSES "\tproto esp spi 0x00001001 reqid 1 mode tunnel\n", samples[i].text, SELECTOR, NULL);
        char *two = g_strconcat(one, ESP GCM UNUSED,
                                ADDRESSES "\tproto esp spi 0x00001002 reqid 1 mode tunnel\n"
                                          "\treplay-window 0 \n" GCM UNUSED,
                                NULL);
        result result;

        g_test_message("%s", one);
        g_assert_cmpuint(read_one(one).replay_window, ==, samples[i].window);
        read_text(two, &result); /* and applies to no other SA */
        g_assert_cmpuint(result.rows, ==, 3);
        g_assert_cmpuint(result.row[1].replay_window, ==, 32);
        g_assert_cmpuint(result.row[2].replay_window, ==, 0);
        g_free(two);
        g_free(one);
    }
}

static void test_selectors(void)
{
    static const struct {
        const char *text;
        bool present;
        uint8_t protocol; /* 0: any */
        uint16_t source, destination;
        bool ports;
    } samples[] = {
        {"proto tcp sport 1 dport 2", true, 6, 1, 2, true},
        {"proto icmp type 8 code 0", true, 1, 8, 0, true},
        {"proto ipv6-icmp type 128 code 0", true, 58, 128, 0, true},
        {"proto gre key 305419896", true, 47, 0x1234, 0x5678, true},
        {"proto 253", true, 253, 0, 0, false},
        {"proto sctp dev eth0 uid 0", true, 132, 0, 0, false},
        {"", true, 0, 0, 0, false},
        {"proto unheard-of", false, 0, 0, 0, false},
        {"proto 256", false, 0, 0, 0, false},
        {"proto udp sport 65536", false, 0, 0, 0, false},
        {"proto udp dport none", false, 0, 0, 0, false},
        {"proto gre key 1.2.3.4", false, 0, 0, 0, false},
        {"src nobody", false, 0, 0, 0, false},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(samples); i++) {
        char *text = g_strconcat(ESP GCM "\tsel src 192.0.2.1/32 dst 192.0.2.2/32 ", samples[i].text, " uid 0\n", NULL);
        const ipsec_selector selector = read_one(text).selector;

        g_test_message("%s", samples[i].text);
        g_assert_cmpint(selector.present, ==, samples[i].present);
        if (selector.present) {
            g_assert_cmpint(selector.any_protocol, ==, samples[i].protocol == 0);
            g_assert_cmpuint(selector.protocol, ==, samples[i].protocol);
            g_assert_cmpuint(selector.source_port, ==, samples[i].source);
            g_assert_cmpuint(selector.destination_port, ==, samples[i].destination);
            g_assert_cmphex(selector.source_port_mask, ==, samples[i].ports ? 0xffff : 0);
            g_assert_cmphex(selector.destination_port_mask, ==, samples[i].ports ? 0xffff : 0);
        }
        g_free(text);
    }
}

/* The kernel compares nothing if the prefix length is 0, not even the version. */
static void test_selector_of_nothing(void)
{
    const uint8_t address[16] = {0x20, 1};
    const ipsec_selector selector = read_one(ESP GCM SELECTOR).selector;

    g_assert_true(selector.present && selector.any_protocol);
    g_assert_true(ipsec_address_in_range(&selector.source, address, 16));
    g_assert_true(ipsec_address_in_range(&selector.destination, address, 4));
    g_assert_false(read_one(ESP GCM).selector.present);
}

/* Blocks that are not SAs of ESP or AH, or not yet. */
static void test_passed_over(void)
{
    static const char *const texts[] = {
        "",
        "\n\n\r\n",
        "Keys of the two gateways, saved on Monday\n",
        "src\n",
        "src of all evil\n",
        ADDRESSES,
        ESP SELECTOR,
        ADDRESSES "\tproto esp spi 0x00000000 reqid 1 mode tunnel\n\treplay-window 0 \n" SELECTOR,
        ADDRESSES "\tproto comp spi 0x00000002 reqid 1 mode transport\n\tcomp deflate \n",
        ADDRESSES "\tproto 41 spi 0xfd000001 reqid 0 mode tunnel\n",
        "src nowhere dst 192.0.2.2\n\tproto 4 spi 0xfd000001 reqid 0 mode tunnel\n",
        ADDRESSES "\tproto route2 reqid 0 mode ro\n\tcoa ::\n",
        "src 10.0.0.0/24 dst 10.1.0.0/24 \n\tdir out priority 0 ptype main \n\ttmpl src 1.1.1.1 dst 2.2.2.2\n"
        "\t\tproto esp spi 0x00000001 reqid 0 mode tunnel\n",
        GCM "\tproto esp spi 0x00001001 reqid 1 mode tunnel\n",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        result result;

        g_test_message("%s", texts[i]);
        read_text(texts[i], &result);
        g_assert_cmpuint(result.rows, ==, 0);
        g_assert_cmpuint(result.errors, ==, 0);
    }
}

/* `ip xfrm monitor`: messages between the SAs, and prefixes. */
static void test_monitor(void)
{
    static const char text[] =
        "Timestamp: Mon Nov 23 19:42:11 2026 654675 usec\n"
        "acquire proto esp \n"
        "  sel src 10.0.0.1/32 dst 10.0.0.2/32 proto icmp\n"
        "  policy src 10.0.0.0/24 dst 10.0.0.0/24 \n"
        "\tdir out priority 0 ptype main \n" ESP GCM "Async event  (0x20)  timer expired \n"
        "\tsrc 192.0.2.1 dst 192.0.2.2  reqid 0x1 protocol esp  SPI 0x1001\n"
        "Updated " ESP GCM "[2026-11-23T19:42:11.654675] [nsid 0]Deleted " ESP GCM "acquire proto esp \n"
        "  sel src 10.0.0.1/32 dst 10.0.0.2/32 proto icmp\n"
        "[nsid 4] Expired " ESP "\thard 1\n"
        "Flushed state proto 0\n"
        "[never ending";
    result result;

    read_text(text, &result);
    g_assert_cmpuint(result.errors, ==, 0);
    g_assert_cmpuint(result.rows, ==, 3);
    for (unsigned i = 0; i < result.rows; i++) {
        g_assert_false(result.row[i].selector.present);
        g_assert_cmpstr(result.row[i].encryption->name, ==, "AES_GCM_16");
    }
}

/* An SA that cannot be used, with its error; the next one is still read. */
static void test_errors(void)
{
    static const struct {
        const char *text, *column, *reason;
    } samples[] = {
        {"src 192.0.2.256 dst 192.0.2.2\n\tproto esp spi 0x1 reqid 1 mode tunnel\n" GCM, "src", "not an IP address"},
        {"src * dst 192.0.2.2\n\tproto esp spi 0x1 reqid 1 mode tunnel\n" GCM, "src", "not an IP address"},
        {"src 192.0.2.1 dst b\n\tproto ah spi 0x1 reqid 1 mode tunnel\n", "dst", "not an IP address"},
        {"src 192.0.2.1\n\tproto ah spi 0x1 reqid 1 mode tunnel\n", "dst", "an address is missing"},
        {ADDRESSES "\tproto esp spi 0x123456789 reqid 1 mode tunnel\n" GCM, "spi", "not a 32-bit number"},
        {ADDRESSES "\tproto esp spi (5) reqid 1 mode tunnel\n" GCM, "spi", "not a 32-bit number"},
        {ADDRESSES "\tproto esp spi 0x00000000 reqid 1 mode tunnel\n" GCM, "spi", "no packet may have SPI 0"},
        {ESP "\tenc cbc(sm4) " KEY_16 "\n", "enc", "cbc(sm4) is not supported"},
        {ESP "\tenc cbc(sm4) <<Keys hidden>>\n", "enc", "cbc(sm4) is not supported"},
        {ESP "\tenc\n", "enc", "the name of the algorithm is missing"},
        {ESP "\tauth-trunc hmac(sm3) " KEY_32 " 128\n\tenc cbc(aes) " KEY_16 "\n", "auth-trunc",
         "hmac(sm3) with an ICV of 128 bits is not supported"},
        {ESP "\tauth-trunc hmac(sha1) " KEY_20 " 160\n\tenc cbc(sm4) " KEY_16 "\n", /* the first one is reported */
         "auth-trunc", "hmac(sha1) with an ICV of 160 bits is not supported"},
        {AH "\tauth hmac(whirlpool) " KEY_32 "\n", "auth", "hmac(whirlpool) is not supported"},
        {ESP "\taead rfc4106(gcm(a\x7f\xffs)) " KEY_20 " 128\n", "aead",
         "rfc4106(gcm(a??s)) with an ICV of 128 bits is not supported"},
        {ESP "\tenc cbc(aes-that-is-longer-than-any-name-of-the-kernel-may-be-at-all) " KEY_16 "\n", "enc",
         "cbc(aes-that-is-longer-than-any-... is not supported"},
        {ESP "\tenc cbc(aes) 0x0001\n", "enc", "AES_CBC needs a key of 16, 24 or 32 octets, not 2"},
        {ESP "\tenc cbc(aes) 0x000\n", "enc", "the key has an odd number of hex digits"},
        {ESP "\tenc cbc(aes) 0x00zz\n", "enc", "the key has a character that is not a hex digit"},
        {ESP "\taead rfc4106(gcm(aes)) " KEY_16 " 128\n", "aead",
         "AES_GCM_16 needs a key of 20, 28 or 36 octets (salt included), not 16"},
        {AH "\tauth-trunc xcbc(aes) " KEY_20 " 96\n", "auth-trunc", "AES_XCBC_96 needs a key of 16 octets, not 20"},
        {AH "\tauth-trunc hmac(sha1) " KEY_20 " 96\n\tenc cbc(aes) " KEY_16 "\n", "enc", "AH has no encryption"},
        {AH "\tauth digest_null\n", "auth", "AH needs an integrity algorithm"},
        {ESP "\tauth-trunc hmac(sha1) " KEY_20 " 96\n", "enc", "an encryption algorithm is missing"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(samples); i++) {
        char *text = g_strconcat("\n", samples[i].text, ESP GCM, NULL);
        result result;

        read_text(text, &result);
        g_assert_cmpuint(result.errors, ==, 1);
        g_assert_cmpstr(result.error[0].column, ==, samples[i].column);
        g_assert_cmpstr(result.error[0].reason, ==, samples[i].reason);
        g_assert_false(result.error[0].usable);
        g_assert_cmpuint(result.line[0], ==, 2);
        g_assert_cmpuint(result.rows, ==, 1);
        g_free(text);
    }
}

/* The kernel accepts HMAC keys of any length. */
static void test_warning(void)
{
    result result;

    read_text(AH "\tauth-trunc hmac(sha1) " KEY_16 " 96\n", &result);
    g_assert_cmpuint(result.rows, ==, 1);
    g_assert_true(result.row[0].has_keys && result.row[0].integrity_key_length == 16);
    g_assert_cmpuint(result.errors, ==, 1);
    g_assert_true(result.error[0].usable);
    g_assert_cmpstr(result.error[0].reason, ==, "RFC 2404 requires 20 octets for HMAC_SHA1_96, not 16");
}

static void test_zeros(void)
{
    result result;

    read_text(ESP "\tauth-trunc xcbc(aes) 0x00000000000000000000000000000000 96\n"
                  "\tenc cbc(aes) 0x00000000000000000000000000000000\n",
              &result);
    g_assert_cmpuint(result.rows, ==, 1);
    g_assert_false(result.row[0].has_keys);
    g_assert_cmpuint(result.errors, ==, 1);
    g_assert_true(result.error[0].usable);
    g_assert_null(result.error[0].column);
}

/* Reads a text in pieces of this many octets, like a file. */
static void read_in_pieces(const char *text, size_t length, size_t piece, result *result)
{
    const ipsec_xfrm_calls calls = {.row = add_row, .error = add_error, .context = result};
    ipsec_xfrm_reader *reader = ipsec_xfrm_reader_new(&calls);
    size_t from = 0, to = 0;

    memset(result, 0, sizeof *result);
    for (; length - to > piece; guard_free_all()) {
        to += piece;
        from += ipsec_xfrm_reader_feed(reader, (const char *)guard_copy((const uint8_t *)text + from, to - from),
                                       to - from);
    }
    g_assert_cmpuint(ipsec_xfrm_reader_end(
                         reader, (const char *)guard_copy((const uint8_t *)text + from, length - from), length - from),
                     ==, result->rows);
    guard_free_all();
}

static void test_pieces(void)
{
    static const char text[] =
        ESP GCM SELECTOR "\n" ESP "\tenc cbc(aes) 0x00\n" AH "\tauth-trunc hmac(sha1) " KEY_16 " 96\n" SELECTOR;
    result whole, pieces;

    read_octets(text, sizeof text - 1, &whole);
    g_assert_true(whole.rows == 2 && whole.errors == 2);
    for (size_t piece = 1; piece <= sizeof text; piece++) {
        read_in_pieces(text, sizeof text - 1, piece, &pieces);
        g_assert_cmpuint(pieces.rows, ==, whole.rows);
        g_assert_cmpuint(pieces.errors, ==, whole.errors);
        for (unsigned i = 0; i < 2; i++) {
            g_assert_cmpuint(pieces.row[i].line, ==, whole.row[i].line);
            g_assert_cmpuint(pieces.row[i].spi, ==, whole.row[i].spi);
            g_assert_cmpint(pieces.row[i].selector.present, ==, whole.row[i].selector.present);
            g_assert_cmpuint(pieces.line[i], ==, whole.line[i]);
            g_assert_cmpstr(pieces.error[i].reason, ==, whole.error[i].reason);
        }
    }
}

/* A word without an end, and a line without one. */
static void test_long_lines(void)
{
    static const char *const tails[] = {"0123456789abcdef", "[]", "\\", "[ ", "Deleted ", "src ", "0x00 "};
    static const char *const heads[] = {"",  ESP "\tenc cbc(aes) 0x",     ESP "\tenc ", ESP GCM "\tsel src ", "src ",
                                        "[", ADDRESSES "\tproto esp spi "};

    for (unsigned i = 0; i < G_N_ELEMENTS(heads) * G_N_ELEMENTS(tails); i++) {
        GString *text = g_string_new(heads[i % G_N_ELEMENTS(heads)]);
        result result;

        while (text->len < 1000000)
            g_string_append(text, tails[i / G_N_ELEMENTS(heads)]);
        read_octets(text->str, text->len, &result);
        g_assert_cmpuint(result.rows + result.errors, <=, 1);
        g_string_free(text, TRUE);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/xfrm-state/real", test_real_dump);
    g_test_add_func("/xfrm-state/several", test_several_dumps);
    g_test_add_func("/xfrm-state/mangled", test_mangled_dumps);
    g_test_add_func("/xfrm-state/every-length", test_every_length);
    g_test_add_func("/xfrm-state/statistics", test_statistics);
    g_test_add_func("/xfrm-state/one-line", test_one_line);
    g_test_add_func("/xfrm-state/hidden-keys", test_hidden_keys);
    g_test_add_func("/xfrm-state/algorithms", test_algorithms);
    g_test_add_func("/xfrm-state/modes", test_modes);
    g_test_add_func("/xfrm-state/encapsulations", test_encapsulations);
    g_test_add_func("/xfrm-state/ports", test_ports);
    g_test_add_func("/xfrm-state/flags", test_flags);
    g_test_add_func("/xfrm-state/window-of-the-sender", test_window_of_the_sender);
    g_test_add_func("/xfrm-state/selectors", test_selectors);
    g_test_add_func("/xfrm-state/selector-of-nothing", test_selector_of_nothing);
    g_test_add_func("/xfrm-state/passed-over", test_passed_over);
    g_test_add_func("/xfrm-state/monitor", test_monitor);
    g_test_add_func("/xfrm-state/errors", test_errors);
    g_test_add_func("/xfrm-state/warning", test_warning);
    g_test_add_func("/xfrm-state/zeros", test_zeros);
    g_test_add_func("/xfrm-state/pieces", test_pieces);
    g_test_add_func("/xfrm-state/long-lines", test_long_lines);
    return g_test_run();
}
