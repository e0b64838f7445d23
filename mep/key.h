/*
 * A MEP access key as people get it from their utility, in every form that is
 * handed out. Only 16 bytes count (guide, p.12).
 */
#ifndef MEP_KEY_H
#define MEP_KEY_H

#include "mep/mep.h"

enum mep_key_form {
    MEP_KEY_ASCII_16,
    MEP_KEY_ASCII_20, /* the last four characters are not used */
    MEP_KEY_HEX_32,
    MEP_KEY_HEX_40 /* the last eight digits are not used */
};

struct mep_key {
    uint8_t bytes[MEP_KEY_SIZE];
    enum mep_key_form form;
    bool looks_like_hex; /* taken as ASCII for its length, yet made of hex digits only */
};

enum mep_key_error {
    MEP_KEY_OK = 0,
    MEP_KEY_E_LENGTH, /* neither 16, 20, 32 nor 40 characters */
    MEP_KEY_E_HEX,    /* 32 or 40 characters (or after hex:), not all hex digits */
    MEP_KEY_E_ASCII   /* 16 or 20 characters with one that cannot be printed */
};

/*
 * Reads a key of 16 or 20 ASCII characters, or of 32 or 40 hex digits bare or
 * after "hex:". What could be either is taken as its length says. `key` is
 * untouched on error. The text need not end with a zero byte.
 */
enum mep_key_error mep_key_parse(const char *text, size_t length, struct mep_key *key);

/* What is wrong and what is accepted, in one line; never quotes the key. */
const char *mep_key_strerror(enum mep_key_error error);

/* How a key was understood, in one line; never quotes the key. */
const char *mep_key_form_name(enum mep_key_form form);

/* Overwrites the key in a way that the compiler does not leave out. */
void mep_key_wipe(struct mep_key *key);

#endif
