/*
 * What a text must be like beside its length; see check in struct reader_setting.
 * NULL, or what is wrong and what is accepted, never quoting the text.
 */
#ifndef READER_SETTINGS_CHECKS_H
#define READER_SETTINGS_CHECKS_H

const char *reader_check_listen(const char *text);        /* HOST:PORT, [::1]:PORT, or "" */
const char *reader_check_hosts(const char *text);         /* names and addresses */
const char *reader_check_password_hash(const char *text); /* or "" */
const char *reader_check_mqtt_url(const char *text);      /* mqtt[s]://HOST[:PORT], or "" */
const char *reader_check_topic(const char *text);
const char *reader_check_optional_topic(const char *text); /* or "" */
const char *reader_check_currency(const char *text);
const char *reader_check_meter_key(const char *text); /* see mep/key.h; "@FILE", or "" */

/* Of the board (checks_board.c). */
const char *reader_check_wifi_password(const char *text); /* or "": an open network */
const char *reader_check_hostname(const char *text);
const char *reader_check_address(const char *text); /* IPv4, or "" */
const char *reader_check_network(const char *text); /* 192.168.1.20/24, or "" */

#endif
