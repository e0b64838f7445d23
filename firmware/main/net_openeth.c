/* The emulator's Ethernet in place of the radio: there, or not. */
#include "app.h"

#include "esp_eth.h"
#include "esp_event.h"
#include "esp_netif.h"

const bool radio_can_scan = false;

static esp_eth_handle_t ethernet;
static esp_netif_t *netif;
static uint32_t attempt;

struct esp_netif_obj *radio_start(void)
{
    esp_netif_config_t interface = ESP_NETIF_DEFAULT_ETH();
    eth_mac_config_t mac = ETH_MAC_DEFAULT_CONFIG();
    eth_phy_config_t phy = ETH_PHY_DEFAULT_CONFIG();

    netif = esp_netif_new(&interface);
    phy.phy_addr = 1;
    phy.reset_gpio_num = -1;
    esp_eth_config_t config =
        ETH_DEFAULT_CONFIG(esp_eth_mac_new_openeth(&mac), esp_eth_phy_new_dp83848(&phy));
    ESP_ERROR_CHECK(esp_eth_driver_install(&config, &ethernet));
    ESP_ERROR_CHECK(esp_netif_attach(netif, esp_eth_new_netif_glue(ethernet)));
    ESP_ERROR_CHECK(esp_eth_start(ethernet));
    return netif;
}

/* The cable is always in; only DHCP may be late, after a try was given up. */
void radio_apply(const struct fw_network *network)
{
    esp_netif_ip_info_t ip;

    if (network->attempt == attempt)
        return;
    attempt = network->attempt;
    if (!network->join || esp_netif_get_ip_info(netif, &ip) != ESP_OK || ip.ip.addr == 0)
        return;
    app_lock();
    fw_network_joined(&app.network, app_now());
    app_unlock();
}

unsigned radio_guests(void)
{
    return 0;
}

bool radio_is_stored(void)
{
    return true;
}

int radio_rssi(void)
{
    return 0;
}

size_t net_scan(struct fw_seen *seen, size_t size)
{
    return 0;
}
