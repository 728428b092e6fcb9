/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Every name that leaves the process: the bus, files, ids. Others depend on them, so they change
 * only with a new version of the interface.
 */

#define BUS_NAME              "org.espoffload1"
#define BUS_PATH              "/org/espoffload1"
#define BUS_PATH_BOND         "/org/espoffload1/bond"
#define BUS_INTERFACE_MANAGER "org.espoffload1.Manager"
#define BUS_INTERFACE_BOND    "org.espoffload1.Bond"

/* D-Bus errors */
#define BUS_ERROR_NO_SUCH_BOND   "org.espoffload1.Error.NoSuchBond"
#define BUS_ERROR_BUSY           "org.espoffload1.Error.Busy"
#define BUS_ERROR_BLOCKED        "org.espoffload1.Error.Blocked"
#define BUS_ERROR_FAILED         "org.espoffload1.Error.Failed"
#define BUS_ERROR_INVALID_POLICY "org.espoffload1.Error.InvalidPolicy"

/* polkit actions */
#define POLKIT_APPLY    "org.espoffload1.apply"
#define POLKIT_REVERT   "org.espoffload1.revert"
#define POLKIT_VERIFY   "org.espoffload1.verify"
#define POLKIT_RELOAD   "org.espoffload1.reload"
#define POLKIT_INSPECT  "org.espoffload1.inspect"
#define POLKIT_DIAGNOSE "org.espoffload1.diagnose"

/* Fields of the journal */
#define LOG_FIELD_BOND    "ESP_OFFLOAD_BOND"
#define LOG_FIELD_PORT    "ESP_OFFLOAD_PORT"
#define LOG_FIELD_CONN    "ESP_OFFLOAD_CONN"
#define LOG_FIELD_STATE   "ESP_OFFLOAD_STATE"
#define LOG_FIELD_VERDICT "ESP_OFFLOAD_VERDICT"
#define LOG_FIELD_FINDING "ESP_OFFLOAD_FINDING"
#define LOG_FIELD_STEP    "ESP_OFFLOAD_STEP"

/* Findings that no check has, since they take having looked before */
#define FINDING_ID_DRIFT_FIGHT "drift-fight"

/* Keywords of the foreign programs */
#define NIC_OFFLOAD_KEY        "nic-offload"
#define IPSEC_UNIT             "ipsec.service"
#define DAEMON_UNIT            "esp-offloadd.service"
#define IPSEC_CONF_FILE        "/etc/ipsec.conf"
#define FEATURE_ESP_HW_OFFLOAD "esp-hw-offload"
#define FEATURE_RX_ALL         "rx-all"

/* The ids of the journal's entries; each has its text in the catalog. */
#define MESSAGE_STATE          "4b305c03b94b46bea9e62ae04a273f3f"
#define MESSAGE_VERDICT        "447de28195e74e50aae33f04e2db500d"
#define MESSAGE_FAILOVER       "29e6e786677a419797fc50c40ca586f1"
#define MESSAGE_OUTAGE         "83f91f2101e8418a8c22a53a84b1218d"
#define MESSAGE_FINDING        "4439f1222fbf494c9283300680060b6a"
#define MESSAGE_STEP           "c152c87d6b1f43f28c8f67dbea5dad21"
#define MESSAGE_STEP_FAILED    "389cb97e1462403cad3215e3f6951f08"
#define MESSAGE_UNDONE         "550820a202954e109e05579e7b5a8d77"
#define MESSAGE_UNSETTLED      "19e6a5756a594c558872aefb28fc1702"
#define MESSAGE_DRIFT          "401db5401089414baad8499406ce1d28"
#define MESSAGE_POLICY_INVALID "345e36ee427b41dc8f3b5f2d88671cd7"
#define MESSAGE_POLICY_LOADED  "d713d4dc305449fe9e8ef9989c4866fe"
#define MESSAGE_BLIND          "4dc8e9b6720f438a9ccc2132ea5c0fbb"
