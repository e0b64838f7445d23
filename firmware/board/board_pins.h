/*
 * board_pins.h - which ESP32 pin does what on the boards this firmware runs on.
 *
 * hardware/check reads this file and compares every line of the SMD board with its netlist:
 * function, GPIO number, pin of the module and polarity. Keep one value per line.
 *
 * Polarity: *_ACTIVE is the level (0 or 1) that turns the function on.
 */
#ifndef MEPLINK_BOARD_PINS_H
#define MEPLINK_BOARD_PINS_H

/** What a board profile tells the firmware; -1 stands for "this board has no such pin". */
struct board_pins {
    int meter_rxd;          /**< UART from the meter (after the RS-232 receiver) */
    int meter_txd;          /**< UART to the meter (before the RS-232 driver) */
    int enable;             /**< switches the meter's transmitter supply, MEP pin ENABLE */
    int enable_active;      /**< level of `enable` that raises ENABLE at the meter */
    int transceiver;        /**< supplies the RS-232 transceiver when R4 is fitted instead of R3 */
    int transceiver_active; /**< level of `transceiver` that supplies it */
    int program;            /**< low at reset starts the ROM loader (J7 pins 1-2) */
    int debug_rxd;          /**< UART0 at J5, input of the ESP32 */
    int debug_txd;          /**< UART0 at J5, output of the ESP32 */
    int status_led;         /**< status LED */
    int status_led_active;  /**< level of `status_led` that lights it */
};

/* ---- MEPlink SMD board v2.10 (ESP32-WROOM-32E); also the reference v1.10 and v2.00, which have no LED */

#define BOARD_SMD_METER_RXD_GPIO       16 /* U2 pin 27, net RXD2_TTL */
#define BOARD_SMD_METER_RXD_MODULE_PIN 27
#define BOARD_SMD_METER_TXD_GPIO       17 /* U2 pin 28, net TXD2_TTL */
#define BOARD_SMD_METER_TXD_MODULE_PIN 28
#define BOARD_SMD_ENABLE_GPIO                                                                      \
    5 /* U2 pin 29, net ENABLE_TTL: strapping pin, pulled up by R10, so ENABLE is off at reset */
#define BOARD_SMD_ENABLE_MODULE_PIN 29
#define BOARD_SMD_ENABLE_ACTIVE     0 /* U1 inverts: IO5 low makes ENABLE high */
#define BOARD_SMD_TRANSCEIVER_GPIO                                                                 \
    32 /* U2 pin 8, net RS3232_ENABLE: matters with R4 fitted, harmless with R3 */
#define BOARD_SMD_TRANSCEIVER_MODULE_PIN 8
#define BOARD_SMD_TRANSCEIVER_ACTIVE     1 /* the pin itself is U1's supply */
#define BOARD_SMD_PROGRAM_GPIO           0 /* U2 pin 25, net ESP_PROGRAM */
#define BOARD_SMD_PROGRAM_MODULE_PIN     25
#define BOARD_SMD_PROGRAM_ACTIVE         0
#define BOARD_SMD_DEBUG_RXD_GPIO         3 /* U2 pin 34, net ESP_RXD0 */
#define BOARD_SMD_DEBUG_RXD_MODULE_PIN   34
#define BOARD_SMD_DEBUG_TXD_GPIO         1 /* U2 pin 35, net ESP_TXD0 */
#define BOARD_SMD_DEBUG_TXD_MODULE_PIN   35
#define BOARD_SMD_STATUS_LED_GPIO                                                                  \
    23 /* U2 pin 37: neither a strapping pin nor used by the existing firmware */
#define BOARD_SMD_STATUS_LED_MODULE_PIN 37
#define BOARD_SMD_STATUS_LED_ACTIVE     1

/** Initialiser of struct board_pins for the SMD board. */
#define BOARD_SMD_PINS                                                                             \
    {                                                                                              \
        .meter_rxd = BOARD_SMD_METER_RXD_GPIO, .meter_txd = BOARD_SMD_METER_TXD_GPIO,              \
        .enable = BOARD_SMD_ENABLE_GPIO, .enable_active = BOARD_SMD_ENABLE_ACTIVE,                 \
        .transceiver = BOARD_SMD_TRANSCEIVER_GPIO,                                                 \
        .transceiver_active = BOARD_SMD_TRANSCEIVER_ACTIVE, .program = BOARD_SMD_PROGRAM_GPIO,     \
        .debug_rxd = BOARD_SMD_DEBUG_RXD_GPIO, .debug_txd = BOARD_SMD_DEBUG_TXD_GPIO,              \
        .status_led = BOARD_SMD_STATUS_LED_GPIO, .status_led_active = BOARD_SMD_STATUS_LED_ACTIVE  \
    }

/* ---- ESP32-C3 module sold for the same meters: no transceiver switch and no status LED that we know of */

#define BOARD_C3_METER_RXD_GPIO 6
#define BOARD_C3_METER_TXD_GPIO 7
#define BOARD_C3_ENABLE_GPIO    5
#define BOARD_C3_ENABLE_ACTIVE  0

/** Initialiser of struct board_pins for the ESP32-C3 module. GPIO 9, 20 and 21 are the chip's own loader and UART0. */
#define BOARD_C3_PINS                                                                              \
    {                                                                                              \
        .meter_rxd = BOARD_C3_METER_RXD_GPIO, .meter_txd = BOARD_C3_METER_TXD_GPIO,                \
        .enable = BOARD_C3_ENABLE_GPIO, .enable_active = BOARD_C3_ENABLE_ACTIVE,                   \
        .transceiver = -1, .transceiver_active = 1, .program = 9, .debug_rxd = 20,                 \
        .debug_txd = 21, .status_led = -1, .status_led_active = 1                                  \
    }

#endif /* MEPLINK_BOARD_PINS_H */
