/*
 * How long a read may be to arrive: a meter whose transmitter fades cuts long
 * answers short, always at about the same place. Shorter reads cure that. They
 * do not cure noise, so only damage that keeps on makes reads shorter, and
 * longer ones are tried again from time to time.
 */
#ifndef MEP_REACH_H
#define MEP_REACH_H

#include "mep/mep.h"

struct mep_reach {
    uint16_t limit;    /* table bytes in the longest read that is worth trying */
    uint16_t patience; /* clean reads before a longer one is tried */
    uint16_t clean;    /* of these so far */
    uint16_t cut_at;   /* where the last answer that was cut short stopped */
    uint8_t damaged;   /* in a row */
    bool on_trial;     /* the limit was raised and has not proved itself */
    bool cut_alike;    /* the last answer stopped where the one before did */
};

/* Nothing known: MEP_READ_MAX. */
void mep_reach_init(struct mep_reach *reach);

/* A request goes out: what is said next is about its answer. */
void mep_reach_begin(struct mep_reach *reach);

/* The answer stopped after `received` of `length` bytes. */
void mep_reach_cut(struct mep_reach *reach, uint16_t received, uint16_t length);

/* A read of so many table bytes was answered, but damaged or cut short. */
void mep_reach_damaged(struct mep_reach *reach, uint16_t size);

/* A read of so many arrived whole. */
void mep_reach_clean(struct mep_reach *reach, uint16_t size);

#endif
