/* Key rows compiled from tables. SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"
#include "keys/spec.h"
#include "packet/view.h"

#include <glib.h>
#include <string.h>

#define KEY_16 "000102030405060708090a0b0c0d0e0f"
#define KEY_20 KEY_16 "10111213"
#define KEY_32 KEY_16 "101112131415161718191a1b1c1d1e1f"
#define KEY_64 KEY_32 KEY_32

/* Columns that most tests do not change. */
#define GCM "AES_GCM_16", "0x" KEY_20
#define CBC "AES_CBC", "0x" KEY_16

typedef bool (*compiler)(const ipsec_key_row_text *text, ipsec_key_row *spec, ipsec_key_row_error *error);

/* A row, and the expected error; no error if its column is NULL. */
typedef struct sample {
    ipsec_key_row_text text;
    const char *column, *reason;
} sample;

/* Compiles with every string at the end of readable memory. */
static bool compile(compiler compiler, const ipsec_key_row_text *text, ipsec_key_row *spec, ipsec_key_row_error *error)
{
    ipsec_key_row_text guarded;
    bool usable;

    for (unsigned i = 0; i < IPSEC_COLUMN_COUNT; i++) {
        const char *const string = text->columns[i];

        guarded.columns[i] = string ? (const char *)guard_copy((const uint8_t *)string, strlen(string) + 1) : NULL;
    }
    memset(spec, 0xa5, sizeof *spec);
    memset(error, 0xa5, sizeof *error);
    usable = compiler(&guarded, spec, error);
    guard_free_all();
    return usable;
}

static void assert_wiped(const ipsec_key_row *spec)
{
    for (size_t i = 0; i < sizeof *spec; i++)
        g_assert_cmpuint(((const uint8_t *)spec)[i], ==, 0);
}

static void assert_samples(compiler compiler, const sample *samples, size_t count, bool usable)
{
    for (size_t i = 0; i < count; i++) {
        ipsec_key_row spec;
        ipsec_key_row_error error;
        const bool result = compile(compiler, &samples[i].text, &spec, &error);

        g_assert_cmpstr(error.reason, ==, samples[i].reason ? samples[i].reason : "");
        g_assert_cmpstr(error.column, ==, samples[i].column);
        g_assert_cmpint(result, ==, usable);
        if (!usable)
            assert_wiped(&spec);
        if (samples[i].reason)
            g_assert_cmpint(error.usable, ==, usable);
    }
}

static void compile_good(compiler compiler, const ipsec_key_row_text *text, ipsec_key_row *spec)
{
    ipsec_key_row_error error;

    g_assert_true(compile(compiler, text, spec, &error));
    g_assert_cmpstr(error.reason, ==, "");
}

static void test_esp_row(void)
{
    const ipsec_key_row_text text = {
        {" esp ", "192.0.2.1", "198.51.100.0/25", "0x1001", "aes_cbc", KEY_16, "HMAC_SHA2_256_128", "0x" KEY_32}};
    ipsec_key_row spec;

    compile_good(ipsec_key_row_compile, &text, &spec);
    g_assert_cmpuint(spec.protocol, ==, IPSEC_PROTOCOL_ESP);
    g_assert_cmpuint(spec.spi, ==, 0x1001);
    g_assert_cmphex(spec.spi_mask, ==, UINT32_MAX);
    g_assert_cmpuint(spec.esn, ==, IPSEC_ESN_AUTO);
    g_assert_cmpuint(spec.mode, ==, IPSEC_MODE_ANY);
    g_assert_cmpuint(spec.encapsulation, ==, IPSEC_ENCAP_ANY);
    g_assert_true(spec.match_source && spec.has_keys);
    g_assert_cmpstr(spec.encryption->name, ==, "AES_CBC");
    g_assert_cmpstr(spec.integrity->name, ==, "HMAC_SHA2_256_128");
    g_assert_cmpuint(spec.encryption_key_length, ==, 16);
    g_assert_cmpuint(spec.integrity_key_length, ==, 32);
    for (unsigned i = 0; i < 32; i++)
        g_assert_cmpuint(spec.integrity_key[i], ==, i);
    g_assert_true(spec.high_count == 0 && !spec.selector.present && spec.replay_window == IPSEC_REPLAY_WINDOW_UNKNOWN);
    g_assert_true(spec.hard_bytes == UINT64_MAX && spec.hard_packets == UINT64_MAX);
    ipsec_key_row_wipe(&spec);
    assert_wiped(&spec);
}

static void test_wildcard_row(void)
{
    const ipsec_key_row_text text = {{"AH", "*", "*", "*", NULL, NULL, "AES_XCBC_96", KEY_16, "0x7", "Tunnel"}};
    const uint8_t address[16] = {1};
    ipsec_key_row spec;

    compile_good(ipsec_key_row_compile, &text, &spec);
    g_assert_cmpuint(spec.protocol, ==, IPSEC_PROTOCOL_AH);
    g_assert_true(spec.spi == 0 && spec.spi_mask == 0 && !spec.match_source && !spec.encryption);
    g_assert_true(ipsec_address_in_range(&spec.destination, address, 4));
    g_assert_true(ipsec_address_in_range(&spec.destination, address, 16));
    g_assert_cmpuint(spec.esn, ==, IPSEC_ESN_YES);
    g_assert_true(spec.high_count == 1 && spec.highs[0] == 7);
    g_assert_cmpuint(spec.mode, ==, IPSEC_MODE_TUNNEL);
}

/* Everything that a row may have without an error. */
static void test_good_rows(void)
{
    static const sample samples[] = {
        {{{"ESP", "*", "*", "1", GCM}}, NULL, NULL},
        {{{"ESP", "*", "*", "4294967295", GCM, "NONE", "", "yes", "any"}}, NULL, NULL},
        {{{"ESP", "*", "*", "0XfFfFfFfF", GCM, "none", "", "NO", "transport"}}, NULL, NULL},
        {{{"ESP", "*", "*", "1", "ENCR_AES_CCM_8", KEY_16 "000000", "", "", "auto", "beet"}}, NULL, NULL},
        {{{"ESP", "*", "*", "1", "CHACHA20_POLY1305", KEY_32 "00000000", "", "", "", "iptfs"}}, NULL, NULL},
        {{{"ESP", "*", "*", "1", "NULL", "", "AUTH_HMAC_SHA1_96", KEY_20}}, NULL, NULL},
        {{{"ESP", "*", "*", "1", "NULL_AUTH_AES_GMAC", KEY_20}}, NULL, NULL},
        {{{"ESP", "*", "*", "1", "BLOWFISH", "0x0102030405", "ANY_96"}}, NULL, NULL},
        {{{"ESP", "2001:db8::/32", "2001:db8::1", "1", CBC, "AES_CMAC_96", KEY_16}}, NULL, NULL},
        {{{"AH", "*", "*", "1", "NONE", "", "AES_128_GMAC", KEY_20}}, NULL, NULL},
        {{{"AH", "*", "*", "1", "NULL", NULL, "ANY_96"}}, NULL, NULL},
    };

    assert_samples(ipsec_key_row_compile, samples, G_N_ELEMENTS(samples), true);
}

static void test_warnings(void)
{
    static const sample samples[] = {
        {{{"ESP", "*", "*", "1", CBC, "HMAC_SHA2_256_128", KEY_20}},
         "integrity_key",
         "RFC 4868 requires 32 octets for HMAC_SHA2_256_128, not 20"},
        {{{"ESP", "*", "*", "1", GCM, "HMAC_SHA1_96", "this is not read"}},
         "integrity",
         "ignored: AES_GCM_16 has its own integrity"},
        {{{"ESP", "*", "*", "1", "NULL", "", "NONE"}},
         "integrity",
         "without encryption and integrity, nothing can be verified"},
        {{{"ESP", "*", "*", "0", GCM}}, "spi", "no packet may have SPI 0"},
    };

    assert_samples(ipsec_key_row_compile, samples, G_N_ELEMENTS(samples), true);
}

static void test_errors(void)
{
    static const char odd[] = "the key has an odd number of hex digits";
    static const char no_digit[] = "the key has a character that is not a hex digit";
    static const char no_spi[] = "neither * nor a 32-bit number (decimal, or hex with 0x)";
    static const char no_address[] = "not an IP address, a CIDR range or *";
    static const char no_prefix4[] = "the prefix length is not a number from 0 to 32";
    static const sample samples[] = {
        {{{0}}, "protocol", "neither ESP nor AH"},
        {{{"IPCOMP"}}, "protocol", "neither ESP nor AH"},
        {{{"ESP"}}, "src", "an address is missing (use * for any)"},
        {{{"ESP", "192.0.2.256"}}, "src", no_address},
        {{{"ESP", "192.0.2"}}, "src", no_address},
        {{{"ESP", "192.0.*.1"}}, "src", no_address},
        {{{"ESP", "*", "192.0.2.1.5"}}, "dst", no_address},
        {{{"ESP", "*", "2001:db8"}}, "dst", no_address},
        {{{"ESP", "192.0.2.1/33"}}, "src", no_prefix4},
        {{{"ESP", "192.0.2.1/"}}, "src", no_prefix4},
        {{{"ESP", "192.0.2.1/0x8"}}, "src", no_prefix4},
        {{{"ESP", "::/129"}}, "src", "the prefix length is not a number from 0 to 128"},
        {{{"ESP", "192.0.2.1", "::1"}}, "dst", "one address is IPv4, the other IPv6"},
        {{{"ESP", "*", "*"}}, "spi", no_spi},
        {{{"ESP", "*", "*", "0x"}}, "spi", no_spi},
        {{{"ESP", "*", "*", "-1"}}, "spi", no_spi},
        {{{"ESP", "*", "*", "0x1****"}}, "spi", no_spi},
        {{{"ESP", "*", "*", "4294967296"}}, "spi", no_spi},
        {{{"ESP", "*", "*", "0x123456789"}}, "spi", no_spi},
        {{{"ESP", "*", "*", "1"}}, "encryption", "the encryption algorithm is missing (use NULL for none)"},
        {{{"ESP", "*", "*", "1", "ROT\n13"}}, "encryption", "ROT?13 is not supported"},
        {{{"ESP", "*", "*", "1", "0x" KEY_16}}, "encryption", "(hex digits) is not supported"},
        {{{"ESP", "*", "*", "1", "AES_CBC", KEY_16, KEY_64 KEY_64}}, "integrity", "(hex digits) is not supported"},
        {{{"ESP", "*", "*", "1", "a-cipher-with-a-name-that-is-longer-than-what-is-shown-of-it"}},
         "encryption",
         "a-cipher-with-a-name-that-is-lon... is not supported"},
        {{{"ESP", "*", "*", "1", CBC, "SM3"}}, "integrity", "SM3 is not supported"},
        {{{"ESP", "*", "*", "1", CBC, "AES_128_GMAC"}},
         "integrity",
         "AES_128_GMAC is for AH; for ESP use the encryption NULL_AUTH_AES_GMAC"},
        {{{"ESP", "*", "*", "1", "AES_CBC", ""}},
         "encryption_key",
         "the key is missing: AES_CBC needs 16, 24 or 32 octets"},
        {{{"ESP", "*", "*", "1", "AES_CBC", "0x" KEY_20}},
         "encryption_key",
         "AES_CBC needs a key of 16, 24 or 32 octets, not 20"},
        {{{"ESP", "*", "*", "1", "AES_GCM_16", KEY_16}},
         "encryption_key",
         "AES_GCM_16 needs a key of 20, 28 or 36 octets (salt included), not 16"},
        {{{"ESP", "*", "*", "1", "3DES", KEY_16}}, "encryption_key", "3DES needs a key of 24 octets, not 16"},
        {{{"ESP", "*", "*", "1", "BLOWFISH", KEY_64 KEY_16}},
         "encryption_key",
         "BLOWFISH needs a key of 5 to 56 octets, not 80"},
        {{{"ESP", "*", "*", "1", "AES_CBC", "0x" KEY_16 "0"}}, "encryption_key", odd},
        {{{"ESP", "*", "*", "1", "AES_CBC", "0x00 01"}}, "encryption_key", no_digit},
        {{{"ESP", "*", "*", "1", "AES_CBC", "secret"}}, "encryption_key", no_digit},
        {{{"ESP", "*", "*", "1", CBC, "AES_XCBC_96", KEY_20}},
         "integrity_key",
         "AES_XCBC_96 needs a key of 16 octets, not 20"},
        {{{"ESP", "*", "*", "1", CBC, "AES_CMAC_96", "0x0102"}},
         "integrity_key",
         "AES_CMAC_96 needs a key of 16 octets, not 2"},
        {{{"ESP", "*", "*", "1", CBC, "HMAC_SHA1_96", "0x"}},
         "integrity_key",
         "the key is missing: HMAC_SHA1_96 needs 20 octets"},
        {{{"ESP", "*", "*", "1", CBC, "HMAC_SHA1_96", "0x0g"}}, "integrity_key", no_digit},
        {{{"ESP", "*", "*", "1", CBC, "HMAC_SHA1_96", KEY_64 KEY_64 "00"}},
         "integrity_key",
         "the key has more than 128 octets"},
        {{{"ESP", "*", "*", "1", CBC, "NONE", KEY_16}}, "integrity_key", "NONE takes no key"},
        {{{"ESP", "*", "*", "1", GCM, "", "", "maybe"}},
         "esn",
         "neither no, yes, auto nor the high 32 bits in hex with 0x"},
        {{{"ESP", "*", "*", "1", GCM, "", "", "0x100000000"}},
         "esn",
         "neither no, yes, auto nor the high 32 bits in hex with 0x"},
        {{{"ESP", "*", "*", "1", GCM, "", "", "", "bee"}}, "mode", "neither any, transport, tunnel, beet nor iptfs"},
        {{{"AH", "*", "*", "1", CBC}}, "encryption", "AH has no encryption"},
        {{{"AH", "*", "*", "1", "", KEY_16}}, "encryption_key", "AH has no encryption"},
        {{{"AH", "*", "*", "1", "", "", "NONE"}}, "integrity", "AH needs an integrity algorithm"},
        {{{"AH", "*", "*", "1"}}, "integrity", "AH needs an integrity algorithm"},
        {{{"AH", "*", "*", "1", "", "", "AES_128_GMAC", KEY_16}},
         "integrity_key",
         "AES_128_GMAC needs a key of 20 octets (salt included), not 16"},
    };

    assert_samples(ipsec_key_row_compile, samples, G_N_ELEMENTS(samples), false);
}

/* --- addresses --- */

/* An address range as text, and an address that should be in it, or not. */
typedef struct range_sample {
    const char *range;
    uint8_t length;
    uint8_t octets[16];
    bool inside;
} range_sample;

static void assert_ranges(compiler compiler, const char *protocol, const char *encryption, const range_sample *samples,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const range_sample *const s = &samples[i];
        const ipsec_key_row_text text = {{protocol, "*", s->range, "1", encryption, "0x" KEY_32, "NULL", NULL}};
        ipsec_key_row spec;
        ipsec_key_row_error error;

        g_assert_true(compile(compiler, &text, &spec, &error));
        g_test_message("%s", s->range);
        g_assert_cmpint(ipsec_address_in_range(&spec.destination, s->octets, s->length), ==, s->inside);
    }
}

#define V6(...)                                                                                                        \
    16,                                                                                                                \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

static void test_ranges(void)
{
    static const range_sample samples[] = {
        {"192.0.2.1", 4, {192, 0, 2, 1}, true},
        {"192.0.2.1", 4, {192, 0, 2, 2}, false},
        {"192.0.2.1", 16, {192, 0, 2, 1}, false},
        {"010.001.0.255", 4, {10, 1, 0, 255}, true},
        {"10.0.0.1/8", 4, {10, 255, 1, 2}, true},
        {"10.0.0.0/8", 4, {11, 0, 0, 0}, false},
        {"10.128.0.0/9", 4, {10, 127, 0, 0}, false},
        {"192.0.2.129/25", 4, {192, 0, 2, 200}, true},
        {"192.0.2.129/25", 4, {192, 0, 2, 100}, false},
        {"0.0.0.0/0", 4, {1, 2, 3, 4}, true},
        {"0.0.0.0/0", 16, {1, 2, 3, 4}, false},
        {"::", V6(0), true},
        {"::", V6(1), false},
        {"::1", V6([15] = 1), true},
        {"2001:DB8::", V6(0x20, 1, 0xd, 0xb8), true},
        {"1:2:3:4:5:6:7:8", V6(0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8), true},
        {"1:2:3:4:5:6:7::", V6(0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0), true},
        {"::ffff:192.0.2.1", V6([10] = 0xff, 0xff, 192, 0, 2, 1), true},
        {"1:2:3:4:5:6:192.0.2.1", V6(0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 192, 0, 2, 1), true},
        {"fe80::/10", V6(0xfe, 0xbf, 1), true},
        {"fe80::/10", V6(0xfe, 0xc0, 1), false},
        {"::/0", V6(1), true},
        {"::1/128", V6([15] = 1), true},
        {"*", V6(1), true},
        {"*", 4, {1}, true},
    };

    assert_ranges(ipsec_key_row_compile, "ESP", "AES_CBC", samples, G_N_ELEMENTS(samples));
}

/* Forms that are not addresses according to RFC 4291 2.2. */
static void test_no_addresses(void)
{
    static const char *const texts[] = {":",
                                        ":::",
                                        "1::2::3",
                                        "1:2:3:4:5:6:7:8:9",
                                        "1:2:3:4:5:6:7",
                                        "1:2:3:4:5:6:7:8::",
                                        "::1:2:3:4:5:6:7:8",
                                        "12345::",
                                        "1:",
                                        ":1",
                                        "1:2:3:4:5:6:7:",
                                        "g::",
                                        "::1.2.3",
                                        "1.2.3.4::",
                                        "::1.2.3.4:5",
                                        "1:2:3:4:5:6:7:1.2.3.4",
                                        "1..2.3",
                                        ".1.2.3",
                                        "1.2.3.",
                                        "1.2.3.4.",
                                        "0001.2.3.4",
                                        "1.2.3.-4",
                                        "fe80::1%eth0",
                                        "**",
                                        "1/8",
                                        "/8",
                                        "*/8",
                                        "1 .2.3.4",
                                        "a",
                                        "..."};

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        const ipsec_key_row_text text = {{"ESP", texts[i], "*", "1", GCM}};
        ipsec_key_row spec;
        ipsec_key_row_error error;

        g_test_message("%s", texts[i]);
        g_assert_false(compile(ipsec_key_row_compile, &text, &spec, &error));
        g_assert_cmpstr(error.column, ==, "src");
    }
}

/* --- Wireshark's table --- */

#define WIRESHARK_CBC    "AES-CBC [RFC3602]"
#define WIRESHARK_GCM    "AES-GCM [RFC4106]"
#define WIRESHARK_SHA256 "HMAC-SHA-256-128 [RFC4868]"

static void test_wireshark_row(void)
{
    const ipsec_key_row_text text = {{"IPv4", "190.0.*.1", "*", "0x0000ab**", WIRESHARK_CBC, "0x" KEY_16,
                                      WIRESHARK_SHA256, "0x" KEY_32, "64-bit", "1f"}};
    const uint8_t good[4] = {190, 0, 77, 1}, bad[4] = {190, 1, 77, 1};
    ipsec_key_row spec;

    compile_good(ipsec_key_row_compile_wireshark, &text, &spec);
    g_assert_cmpuint(spec.protocol, ==, IPSEC_PROTOCOL_ESP);
    g_assert_true(spec.match_source);
    g_assert_true(ipsec_address_in_range(&spec.source, good, 4));
    g_assert_false(ipsec_address_in_range(&spec.source, bad, 4));
    g_assert_cmpuint(spec.destination.length, ==, 4); /* any IPv4 address */
    g_assert_cmphex(spec.spi, ==, 0xab00);
    g_assert_cmphex(spec.spi_mask, ==, 0xffffff00);
    g_assert_cmpstr(spec.encryption->name, ==, "AES_CBC");
    g_assert_cmpstr(spec.integrity->name, ==, "HMAC_SHA2_256_128");
    g_assert_cmpuint(spec.esn, ==, IPSEC_ESN_YES);
    g_assert_true(spec.high_count == 1 && spec.highs[0] == 0x1f);
}

static void test_wireshark_spis(void)
{
    static const struct {
        const char *text;
        uint32_t spi, mask;
    } samples[] = {
        {"*", 0, 0},
        {"0x1001", 0x1001, UINT32_MAX},
        {"4097", 0x1001, UINT32_MAX},
        {"010001", 0x1001, UINT32_MAX}, /* octal, as for strtoul() */
        {"0x********", 0, 0},
        {"0xAB*0001*", 0xab000010, 0xff0ffff0},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(samples); i++) {
        const ipsec_key_row_text text = {{"Any", "*", "*", samples[i].text, "NULL", "", WIRESHARK_SHA256, KEY_16 "0x"}};
        ipsec_key_row spec;
        ipsec_key_row_error error;

        g_assert_true(compile(ipsec_key_row_compile_wireshark, &text, &spec, &error));
        g_assert_cmphex(spec.spi, ==, samples[i].spi);
        g_assert_cmphex(spec.spi_mask, ==, samples[i].mask);
        g_assert_cmpuint(spec.destination.length, ==, 0);
    }
}

/* The forms in Wireshark's comments, as its code interprets them. */
static void test_wireshark_ranges(void)
{
    static const range_sample samples4[] = {
        {"190.*.*.1", 4, {190, 5, 6, 1}, true},
        {"190.*.*.1", 4, {190, 5, 6, 2}, false},
        {"10.0.0.0/8", 4, {10, 1, 2, 3}, true},
        {"*", 4, {1, 2, 3, 4}, true},
        {"*", V6(1), false},
        {"*.*.*.*", 4, {1, 2, 3, 4}, true},
        {"10.0.*.0/8", 4, {10, 77, 2, 3}, true},
    };
    static const range_sample samples6[] = {
        {"3ffe::*", V6(0x3f, 0xfe, [14] = 0x12, 0x34), true},
        {"3ffe::*", V6(0x3f, 0xfe, [13] = 1), false},
        {"3ffe::1*", V6(0x3f, 0xfe, [15] = 0x1f), true},
        {"3ffe::1*", V6(0x3f, 0xfe, [15] = 0x2f), false},
        {"3ffe:*::1", V6(0x3f, 0xfe, 5, 6, [15] = 1), true},
        {"3ffe::/16", V6(0x3f, 0xfe, 5), true},
        {"*", 4, {1, 2, 3, 4}, false},
    };

    assert_ranges(ipsec_key_row_compile_wireshark, "IPv4", WIRESHARK_CBC, samples4, G_N_ELEMENTS(samples4));
    assert_ranges(ipsec_key_row_compile_wireshark, "IPv6", WIRESHARK_CBC, samples6, G_N_ELEMENTS(samples6));
}

static void test_wireshark_keys(void)
{
    static const struct {
        const char *text;
        unsigned length;
        uint8_t first, last;
    } samples[] = {
        {"0x" KEY_16, 16, 0, 15},
        {"0X" KEY_16, 16, 0, 15},
        {"0x10102030405060708090a0b0c0d0e0f", 16, 1, 15}, /* a zero goes in front */
        {"sixteen letters!", 16, 's', '!'},
        {" spaces do count ", 17, ' ', ' '},
        {"0xf", 1, 15, 15},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(samples); i++) {
        const ipsec_key_row_text text = {{"IPv4", "*", "*", "1", "NULL", "", WIRESHARK_SHA256, samples[i].text}};
        ipsec_key_row spec;
        ipsec_key_row_error error;

        g_assert_true(compile(ipsec_key_row_compile_wireshark, &text, &spec, &error));
        g_assert_cmpuint(spec.integrity_key_length, ==, samples[i].length);
        g_assert_cmpuint(spec.integrity_key[0], ==, samples[i].first);
        g_assert_cmpuint(spec.integrity_key[samples[i].length - 1], ==, samples[i].last);
    }
}

/* With the first name of AES-GCM, the ICV length is in the column for authentication; the other names ignore it. */
static void test_wireshark_gcm(void)
{
    static const struct {
        const char *encryption, *integrity;
        const char *name;
    } samples[] = {
        {WIRESHARK_GCM, "ANY 64 bit authentication [no checking]", "AES_GCM_8"},
        {WIRESHARK_GCM, "ANY 96 bit authentication [no checking]", "AES_GCM_12"},
        {WIRESHARK_GCM, "ANY 128 bit authentication [no checking]", "AES_GCM_16"},
        {"AES-GCM with 8 octet ICV [RFC4106]", "NULL", "AES_GCM_8"},
        {"AES-GCM with 8 octet ICV [RFC4106]", "ANY 128 bit authentication [no checking]", "AES_GCM_8"},
        {"AES-GCM with IIV and 16 octet ICV [RFC4106 & RFC8750]", WIRESHARK_SHA256, "AES_GCM_16_IIV"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(samples); i++) {
        const ipsec_key_row_text text = {
            {"IPv4", "*", "*", "1", samples[i].encryption, "0x" KEY_20, samples[i].integrity, ""}};
        ipsec_key_row spec;

        compile_good(ipsec_key_row_compile_wireshark, &text, &spec);
        g_assert_cmpstr(spec.encryption->name, ==, samples[i].name);
        g_assert_cmpstr(spec.integrity->name, ==, "NONE");
    }
}

/* Rows without the columns that 4.4 added are read as having 32 bits. */
static void test_wireshark_esn(void)
{
    static const char *const lengths[] = {NULL, "", "32-bit"};

    for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
        const ipsec_key_row_text text = {
            {"IPv6", "*", "*", "1", "NULL", "ignored", "ANY 96 bit authentication [no checking]", "", lengths[i], "5"}};
        ipsec_key_row spec;

        compile_good(ipsec_key_row_compile_wireshark, &text, &spec);
        g_assert_cmpuint(spec.esn, ==, IPSEC_ESN_AUTO);
        g_assert_cmpuint(spec.high_count, ==, 0);
        g_assert_cmpuint(spec.destination.length, ==, 16);
    }
}

static void test_wireshark_warnings(void)
{
    static const sample samples[] = {
        {{{"IPv4", "*", "*", "1", "NULL", "", "NULL", ""}},
         "Authentication",
         "without encryption and integrity, nothing can be verified"},
        {{{"IPv4", "*", "*", "1", WIRESHARK_GCM, "0x" KEY_20, "NULL", ""}},
         "Authentication",
         "no ICV length given: 16 octets assumed"},
        {{{"IPv4", "*", "*", "1", WIRESHARK_CBC, "0x" KEY_16, WIRESHARK_SHA256, "abc"}},
         "Authentication Key",
         "RFC 4868 requires 32 octets for HMAC_SHA2_256_128, not 3"},
    };

    assert_samples(ipsec_key_row_compile_wireshark, samples, G_N_ELEMENTS(samples), true);
}

static void test_wireshark_errors(void)
{
    static const char no_digit[] = "the key has a character that is not a hex digit";
    static const char no_spi[] = "neither * nor a 32-bit number (decimal, or hex with 0x)";
    static const char no_pattern[] = "a pattern needs 0x and eight characters, each a hex digit or *";
    static const sample samples[] = {
        {{{"IPv5"}}, "Protocol", "neither IPv4, IPv6 nor Any"},
        {{{"IPv4", ""}}, "Src IP", "an address is missing (use * for any)"},
        {{{"IPv4", "::1"}}, "Src IP", "not an IPv4 address"},
        {{{"IPv6", "*", "10.0.0.1"}}, "Dest IP", "not an IPv6 address"},
        {{{"IPv4", "*", "19*.0.0.1"}}, "Dest IP", "not an IP address, a CIDR range or *"},
        {{{"Any", "10.0.0.1", "::1"}}, "Dest IP", "one address is IPv4, the other IPv6"},
        {{{"IPv4", "*", "*", ""}}, "SPI", no_spi},
        {{{"IPv4", "*", "*", "1*"}}, "SPI", no_spi},
        {{{"IPv4", "*", "*", "99999999999999999999"}}, "SPI", no_spi},
        {{{"IPv4", "*", "*", "0x1*"}}, "SPI", no_pattern},
        {{{"IPv4", "*", "*", "0x1234567*9"}}, "SPI", no_pattern},
        {{{"IPv4", "*", "*", "0x123g567*"}}, "SPI", no_pattern},
        {{{"IPv4", "*", "*", "1", "ROT13"}}, "Encryption", "ROT13 is not supported"},
        {{{"IPv4", "*", "*", "1", "NULL", "", "SM3"}}, "Authentication", "SM3 is not supported"},
        {{{"IPv4", "*", "*", "1", WIRESHARK_GCM, "0x" KEY_20, WIRESHARK_SHA256, KEY_16}},
         "Authentication",
         "AES-GCM needs ANY 64, 96 or 128 bit as its ICV"},
        {{{"IPv4", "*", "*", "1", WIRESHARK_CBC, "fifteen letters", "NULL"}},
         "Encryption Key",
         "AES_CBC needs a key of 16, 24 or 32 octets, not 15"},
        {{{"IPv4", "*", "*", "1", WIRESHARK_CBC, "0xg0102", "NULL"}}, "Encryption Key", no_digit},
        {{{"IPv4", "*", "*", "1", WIRESHARK_CBC, "0x0g02", "NULL"}}, "Encryption Key", no_digit},
        {{{"IPv4", "*", "*", "1", WIRESHARK_CBC, KEY_64 KEY_64, "NULL"}},
         "Encryption Key",
         "AES_CBC needs a key of 16, 24 or 32 octets, not 256"},
        {{{"IPv4", "*", "*", "1", "NULL", "", WIRESHARK_SHA256, "0x"}},
         "Authentication Key",
         "the key is missing: HMAC_SHA2_256_128 needs 32 octets"},
        {{{"IPv4", "*", "*", "1", "NULL", "", "NULL", "", "64-bit", "100000000"}},
         "ESN High Bits",
         "not 32 bits in hex"},
        {{{"IPv4", "*", "*", "1", "NULL", "", "NULL", "", "64-bit", "-1"}}, "ESN High Bits", "not 32 bits in hex"},
    };

    assert_samples(ipsec_key_row_compile_wireshark, samples, G_N_ELEMENTS(samples), false);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spec/esp", test_esp_row);
    g_test_add_func("/spec/wildcards", test_wildcard_row);
    g_test_add_func("/spec/good", test_good_rows);
    g_test_add_func("/spec/warnings", test_warnings);
    g_test_add_func("/spec/errors", test_errors);
    g_test_add_func("/spec/ranges", test_ranges);
    g_test_add_func("/spec/no-addresses", test_no_addresses);
    g_test_add_func("/spec/wireshark/row", test_wireshark_row);
    g_test_add_func("/spec/wireshark/spis", test_wireshark_spis);
    g_test_add_func("/spec/wireshark/ranges", test_wireshark_ranges);
    g_test_add_func("/spec/wireshark/keys", test_wireshark_keys);
    g_test_add_func("/spec/wireshark/gcm", test_wireshark_gcm);
    g_test_add_func("/spec/wireshark/esn", test_wireshark_esn);
    g_test_add_func("/spec/wireshark/warnings", test_wireshark_warnings);
    g_test_add_func("/spec/wireshark/errors", test_wireshark_errors);
    return g_test_run();
}
