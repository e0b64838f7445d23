/* The network above the driver: addresses, names, time, and the access point's name server. */
#include "app.h"

#include "firmware/logic/dns.h"

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_netif_net_stack.h"
#include "esp_netif_sntp.h"
#include "lwip/etharp.h"
#include "lwip/sockets.h"
#include "mdns.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char tag[] = "net";

static esp_netif_t *station;
static char address[16];
static int dns_socket = -1;
static volatile bool gateway_wanted;

bool net_online(void)
{
    return app.network.state == FW_NETWORK_ONLINE;
}

const char *net_address(void)
{
    return address;
}

/* ---- Addresses ---- */

static void set_fixed_address(const struct reader_board_settings *s)
{
    struct fw_fixed_address fixed;
    esp_netif_ip_info_t ip;
    esp_netif_dns_info_t dns = {.ip.type = ESP_IPADDR_TYPE_V4};

    if (!fw_fixed_address(s, &fixed))
        return;
    memcpy(&ip.ip, fixed.address, sizeof ip.ip);
    memcpy(&ip.netmask, fixed.mask, sizeof ip.netmask);
    memcpy(&ip.gw, fixed.gateway, sizeof ip.gw);
    memcpy(&dns.ip.u_addr.ip4, fixed.dns, sizeof dns.ip.u_addr.ip4);
    ESP_ERROR_CHECK_WITHOUT_ABORT(esp_netif_dhcpc_stop(station));
    ESP_ERROR_CHECK_WITHOUT_ABORT(esp_netif_set_ip_info(station, &ip));
    ESP_ERROR_CHECK_WITHOUT_ABORT(esp_netif_set_dns_info(station, ESP_NETIF_DNS_MAIN, &dns));
}

static void joined(void)
{
    gateway_wanted = false;
    app_lock();
    fw_network_joined(&app.network, app_now());
    app_unlock();
}

/* A fixed address proves nothing, but that the gateway answers does. */
static esp_err_t look_for_gateway(void *found)
{
    struct netif *netif = esp_netif_get_netif_impl(station);
    const ip4_addr_t *address;
    struct eth_addr *mac;

    *(bool *)found = etharp_find_addr(netif, netif_ip4_gw(netif), &mac, &address) >= 0;
    return *(bool *)found || etharp_request(netif, netif_ip4_gw(netif)) == ERR_OK ? ESP_OK
                                                                                  : ESP_FAIL;
}

static void on_address(void *context, esp_event_base_t base, int32_t id, void *data)
{
    if (id == IP_EVENT_STA_GOT_IP || id == IP_EVENT_ETH_GOT_IP) {
        const ip_event_got_ip_t *got = data;
        esp_ip4addr_ntoa(&got->ip_info.ip, address, sizeof address);
        ESP_LOGI(tag, "address %s, name %s.local", address, app.settings.board.hostname);
        if (got->ip_info.gw.addr == 0 || app.settings.board.address[0] == 0)
            joined();
        else
            gateway_wanted = true;
    } else if (id == IP_EVENT_STA_LOST_IP || id == IP_EVENT_ETH_LOST_IP) {
        app_lock();
        if (app.network.state == FW_NETWORK_ONLINE) /* else it is the one before's */
            fw_network_failed(&app.network, app_now(), FW_NETWORK_NO_ADDRESS);
        app_unlock();
    }
}

/* ---- Names and time ---- */

static void start_services(const struct reader_board_settings *s)
{
    setenv("TZ", s->time_zone, 1);
    tzset();
    if (mdns_init() == ESP_OK) {
        mdns_hostname_set(s->hostname);
        mdns_instance_name_set("MEPlink");
        mdns_service_add(NULL, "_http", "_tcp", 80, NULL, 0);
    }
    if (s->time_server[0] != 0) {
        esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG(s->time_server);
        config.wait_for_sync = false;
        ESP_ERROR_CHECK_WITHOUT_ABORT(esp_netif_sntp_init(&config));
    }
}

/* ---- The access point's name server ---- */

static const uint8_t our_own[4] = {192, 168, 4, 1};

bool net_is_access_point(int socket)
{
    struct sockaddr_in local, peer;
    socklen_t size = sizeof local;

    /* Both, since our network's address is answered from the other side as well. */
    return radio_can_scan && getsockname(socket, (struct sockaddr *)&local, &size) == 0 &&
           getpeername(socket, (struct sockaddr *)&peer, &size) == 0 &&
           memcmp(&local.sin_addr, our_own, 4) == 0 && memcmp(&peer.sin_addr, our_own, 3) == 0;
}

static void dns_turn(bool wanted)
{
    static uint8_t question[FW_DNS_MAX], answer[FW_DNS_MAX];
    struct sockaddr_in from, any = {.sin_family = AF_INET, .sin_port = htons(53)};

    if (!wanted) {
        if (dns_socket >= 0)
            close(dns_socket);
        dns_socket = -1;
        return;
    }
    if (dns_socket < 0) {
        dns_socket = socket(AF_INET, SOCK_DGRAM, 0);
        memcpy(&any.sin_addr, our_own, sizeof our_own);
        if (dns_socket >= 0 && bind(dns_socket, (struct sockaddr *)&any, sizeof any) != 0) {
            close(dns_socket);
            dns_socket = -1;
        }
    }
    for (int i = 0; i < 8 && dns_socket >= 0; i++) {
        socklen_t size = sizeof from;
        ssize_t got = recvfrom(dns_socket, question, sizeof question, MSG_DONTWAIT,
                               (struct sockaddr *)&from, &size);
        if (got <= 0)
            return;
        size_t count = fw_dns_answer(question, (size_t)got, our_own, answer);
        if (count != 0)
            sendto(dns_socket, answer, count, MSG_DONTWAIT, (struct sockaddr *)&from, size);
    }
}

/* ---- Turns ---- */

bool net_try(const char *ssid, const char *password)
{
    if (!fw_network_try(&app.network, app_now()))
        return false;
    strlcpy(app.candidate_ssid, ssid, sizeof app.candidate_ssid);
    strlcpy(app.candidate_password, password, sizeof app.candidate_password);
    return true;
}

/* Takes seconds, in which the radio hears nothing else. */
static void scan(void)
{
    static struct fw_seen seen[sizeof app.seen / sizeof *app.seen];
    size_t count = net_scan(seen, sizeof seen / sizeof *seen);

    app_lock();
    memcpy(app.seen, seen, sizeof seen);
    app.seen_count = count;
    app.scan_wanted = false;
    app_unlock();
}

/* What was tried and worked becomes what is stored. */
static void keep_candidate(void)
{
    static const char *const names[] = {"wifi.ssid", "wifi.password"};
    const char *const values[] = {app.candidate_ssid, app.candidate_password};

    const char *problem = settings_change(names, values, 2);
    if (problem != NULL)
        ESP_LOGE(tag, "%s", problem);
    else {
        fw_network_kept(&app.network);
        memset(app.candidate_password, 0, sizeof app.candidate_password);
    }
}

void net_turn(mep_time now)
{
    static mep_time second;
    static struct fw_network wanted;

    dns_turn(wanted.access_point && radio_can_scan);
    if (now < second)
        return;
    second = now + 1000000;
    bool there = false;
    if (gateway_wanted && esp_netif_tcpip_exec(look_for_gateway, &there) == ESP_OK && there)
        joined();
    unsigned guests = radio_guests();
    app_lock();
    if (app.network.stored != radio_is_stored() && app.network.trial != FW_TRIAL_RUNNING &&
        !app.network.candidate)
        fw_network_init(&app.network, now, radio_is_stored());
    fw_network_turn(&app.network, now, guests);
    if (app.network.trial == FW_TRIAL_OK && app.network.candidate)
        keep_candidate();
    wanted = app.network;
    app_unlock();
    radio_apply(&wanted);
    if (app.scan_wanted && wanted.state != FW_NETWORK_JOINING)
        scan();
}

void net_start(void)
{
    const struct reader_board_settings *s = &app.settings.board;

    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    fw_network_init(&app.network, app_now(), radio_is_stored());
    ESP_ERROR_CHECK(esp_event_handler_register(IP_EVENT, ESP_EVENT_ANY_ID, on_address, NULL));
    station = radio_start();
    ESP_ERROR_CHECK_WITHOUT_ABORT(esp_netif_set_hostname(station, s->hostname));
    set_fixed_address(s);
    start_services(s);
}
